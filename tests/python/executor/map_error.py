from concurrent.futures import ThreadPoolExecutor


def square(number):
    print(f'执行 : {number}')
    if number == 2:
        raise ValueError('bad item')
    return number**2


executor = ThreadPoolExecutor()
executor.map(square, range(5))
executor.shutdown()
