import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor


def square(number):
    process, thread = multiprocessing.current_process(), threading.current_thread()
    time.sleep(1)
    print(f'进程 {process.name} 子线程 {thread.name} 在 {time.strftime("%X")} 执行 : {number}')
    return number**2


def tell(future):
    process, thread = multiprocessing.current_process(), threading.current_thread()
    print(f'进程 {process.name} 子线程 {thread.name} 获取回调的值 : {future.result()}')


executor = ThreadPoolExecutor()
for number in range(3):
    executor.submit(square, number).add_done_callback(tell)
executor.shutdown()
