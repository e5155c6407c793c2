import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor


def square(number):
    process, thread = multiprocessing.current_process(), threading.current_thread()
    time.sleep(1)
    print(f'进程 {process.name} 子线程 {thread.name} 在 {time.strftime("%X")} 执行 : {number}')
    return number**2


executor = ThreadPoolExecutor()
futures = [executor.submit(square, number) for number in range(2)]
executor.shutdown()
for future in futures:
    print(future.result())
