import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor


def square(number):
    print(f'子进程 {multiprocessing.current_process().name} 在 {time.strftime("%X")} 执行 : {number}')
    return number**2


multiprocessing.set_start_method('fork')
executor = ProcessPoolExecutor(2)
futures = [executor.submit(square, number) for number in range(5)]
executor.shutdown()
print('主进程执行完毕')
for future in futures:
    print(future.result())
