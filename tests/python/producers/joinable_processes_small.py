import multiprocessing
import random
import time


def consumer(queue, name):
    while True:
        item = queue.get()
        print(f'消费者{name} 消费 {item}')
        queue.task_done()


def producer(queue, name):
    time.sleep(random.randint(0, 2))
    queue.put(1)
    print(f'生产者{name} 生产 1')
    queue.join()


if __name__ == '__main__':
    multiprocessing.set_start_method('fork')
    queue = multiprocessing.JoinableQueue()
    consumers = [multiprocessing.Process(target=consumer, args=(queue, i), daemon=True) for i in range(2)]
    producers = [multiprocessing.Process(target=producer, args=(queue, i)) for i in range(2)]
    for process in consumers + producers:
        process.start()
    for process in producers:
        process.join()
