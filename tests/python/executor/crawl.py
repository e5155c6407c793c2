import random
import time
from concurrent.futures import ThreadPoolExecutor

PAGES = {
    'http://www.baidu.com': {'url': 'http://www.baidu.com/', 'status_code': 200, 'content_length': 2381},
    'http://www.qq.com': {'url': 'http://www.qq.com/', 'status_code': 200, 'content_length': 245170},
    'http://www.163.com': {'url': 'http://www.163.com/', 'status_code': 200, 'content_length': 704972},
    'http://www.hao123.com': {'url': 'http://www.hao123.com/', 'status_code': 200, 'content_length': 509395},
}


def get(url):
    time.sleep(3)
    if random.random() < 0:
        raise ConnectionError
    return PAGES[url]


def request(url):
    page = get(url)
    return {key: page[key] for key in ('url', 'status_code', 'content_length')}


def tell(future):
    print(future.result())


executor = ThreadPoolExecutor()
for url in PAGES:
    executor.submit(request, url).add_done_callback(tell)
executor.shutdown()
