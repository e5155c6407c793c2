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
        items.task_done()


def producer():
    for _ in range(3):
        time.sleep(random.randint(1, 10) / 100)
        next_index()
        items.put('an item')
    items.join()


for number in range(1, 3 + 1):
    threading.Thread(target=producer, name=f'生产者{number}').start()
for number in range(1, 9 + 1):
    threading.Thread(target=consumer, name=f'消费者{number}', daemon=True).start()
