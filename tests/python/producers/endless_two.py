import multiprocessing
import random
import time


def consumer(queue, index):
    while True:
        item = queue.get()
        print(f'消费者{index} 消费 {item}')


def producer(queue):
    for index in range(2):
        time.sleep(random.randint(0, 2))
        queue.put(index)
        print(f'生产者 生产 {index}')


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    queue = multiprocessing.Queue()
    for index in range(2):
        multiprocessing.Process(target=consumer, args=(queue, index)).start()
    multiprocessing.Process(target=producer, args=(queue,)).start()
