import threading
import time

local_data = threading.local()


def task(number):
    name = threading.current_thread().name
    local_data.data = number
    print(f'线程 {name} 存数据 : {number}')
    time.sleep(1)
    print(f'线程 {name} 取数据 : {local_data.data}')
    assert local_data.data == number


threads = [threading.Thread(target=task, args=(i,), name=f'Thread-{i + 1}') for i in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
