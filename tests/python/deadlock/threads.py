import random
import threading
import time

lock_a = threading.Lock()
lock_b = threading.Lock()


def both(first, first_name, second, second_name):
    name = threading.current_thread().name
    first.acquire()
    print(f'{name} 获取到 {first_name} 锁')
    time.sleep(random.random())
    second.acquire()
    print(f'{name} 获取到 {second_name} 锁')
    second.release()
    print(f'{name} 释放 {second_name} 锁')
    first.release()
    print(f'{name} 释放 {first_name} 锁')


one = threading.Thread(target=both, args=(lock_a, 'A', lock_b, 'B'), name='线程1')
two = threading.Thread(target=both, args=(lock_b, 'B', lock_a, 'A'), name='线程2')
one.start()
two.start()
one.join()
two.join()
print('子线程执行完毕')
