import queue
import random
import threading
import time

data_index = 0
lock = threading.RLock()
items = queue.Queue()


def next_index():
    global data_index
    lock.acquire()
    data_index += 1
    lock.release()
    return data_index


def consumer():
    while True:
        item = items.get()
        print(f'{threading.current_thread().name} 消费 {item}')
        items.task_done()


def producer():
    for _ in range(1):
        time.sleep(random.randint(1, 10) / 100)
        index = next_index()
        items.put(index)
        print(f'{threading.current_thread().name} 生产 {index}')
    items.join()


for number in range(1, 2 + 1):
    threading.Thread(target=producer, name=f'生产者{number}').start()
for number in range(1, 1 + 1):
    threading.Thread(target=consumer, name=f'消费者{number}', daemon=True).start()
