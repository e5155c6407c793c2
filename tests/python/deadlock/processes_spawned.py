import multiprocessing
import random
import time


def func1():
    name = multiprocessing.current_process().name
    lock_a.acquire()
    print(f'{name} 获取到 A 锁')
    time.sleep(random.random())
    lock_b.acquire()
    print(f'{name} 获取到 B 锁')
    lock_b.release()
    print(f'{name} 释放 B 锁')
    lock_a.release()
    print(f'{name} 释放 A 锁')


def func2():
    name = multiprocessing.current_process().name
    lock_b.acquire()
    print(f'{name} 获取到 B 锁')
    time.sleep(random.random())
    lock_a.acquire()
    print(f'{name} 获取到 A 锁')
    lock_a.release()
    print(f'{name} 释放 A 锁')
    lock_b.release()
    print(f'{name} 释放 B 锁')


if __name__ == '__main__':
    multiprocessing.set_start_method('spawn')
    lock_a = multiprocessing.Lock()
    lock_b = multiprocessing.Lock()
    one = multiprocessing.Process(target=func1, name='进程1')
    two = multiprocessing.Process(target=func2, name='进程2')
    one.start()
    two.start()
    one.join()
    two.join()
    print('进程执行完毕')
