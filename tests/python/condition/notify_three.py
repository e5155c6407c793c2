# inputs: 2 1 q
import threading
import time

con = threading.Condition()


def work():
    con.acquire()
    con.wait()
    print(f'{threading.current_thread().name} 执行')
    con.release()


for i in range(3):
    threading.Thread(target=work, name=f'线程{i}').start()
while True:
    line = input('请输入开启的线程个数 : ')
    if line == 'q':
        break
    con.acquire()
    con.notify(int(line))
    con.release()
print('主线程结束')
