import random
import threading
import time

data = 100
lock = threading.Lock()


def worker():
    global data
    with lock:
        temp = data
        time.sleep(random.random())
        data = temp - 1


threads = [threading.Thread(target=worker) for _ in range(100)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
