import time
from concurrent.futures import ThreadPoolExecutor


def square(number):
    time.sleep(4 - number)
    return number**2


executor = ThreadPoolExecutor()
for result in executor.map(square, range(4)):
    print(result)
