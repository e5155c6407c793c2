import threading
import time

sem = threading.Semaphore(3)


def work():
    name = threading.current_thread().name
    sem.acquire()
    print(f'{name} 在 {time.strftime("%X")} 执行')
    time.sleep(2)
    sem.release()


threads = [threading.Thread(target=work, name=f'线程{i}') for i in range(10)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print('主线程执行完毕')
