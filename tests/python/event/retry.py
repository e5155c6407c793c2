import random
import threading
import time

event = threading.Event()


def prepare_state():
    time.sleep(random.randint(2, 5))
    event.set()


def connect():
    count = 1
    while True:
        if event.is_set():
            print('连接成功')
            break
        elif count > 3:
            print('连接失败')
            break
        print(f'{time.strftime("%X")} 第 {count} 次尝试连接, 连接失败')
        count += 1
        event.wait(1)


threads = [threading.Thread(target=prepare_state), threading.Thread(target=connect)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
