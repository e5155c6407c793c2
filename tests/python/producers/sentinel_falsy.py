import multiprocessing
import random
import time


def consumer(queue, index):
    while True:
        item = queue.get()
        if not item:
            print(f'消费者进程{index} 结束')
            break
        print(f'消费者{index} 消费 {item}')


def producer(queue, markers):
    for index in range(10):
        queue.put(index)
    for _ in range(markers):
        queue.put(None)


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    queue = multiprocessing.Queue()
    for index in range(1):
        multiprocessing.Process(target=consumer, args=(queue, index)).start()
    multiprocessing.Process(target=producer, args=(queue, 1)).start()
