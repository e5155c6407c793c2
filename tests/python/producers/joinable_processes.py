import multiprocessing
import random
import time


def consumer(queue, name):
    while True:
        item = queue.get()
        queue.task_done()


def producer(queue, name):
    for index in range(1, 5):
        time.sleep(random.uniform(0, 2))
        queue.put('an item')
    queue.join()


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    queue = multiprocessing.JoinableQueue()
    consumers = [multiprocessing.Process(target=consumer, args=(queue, i), daemon=True) for i in range(5)]
    producers = [multiprocessing.Process(target=producer, args=(queue, i)) for i in range(3)]
    for process in consumers + producers:
        process.start()
    for process in producers:
        process.join()
