import time
from concurrent.futures import ThreadPoolExecutor


def square(number):
    result = number**2
    time.sleep(2)
    return result


executor = ThreadPoolExecutor(3)
futures = [executor.submit(square, number) for number in range(10)]
for future in futures:
    result = future.result()
    print(f'{time.strftime("%X")} 返回数据 : {result}')
