import random
import threading
import time

data = 5
lock = threading.Lock()


def worker():
    global data
    lock.acquire()
    temp = data
    time.sleep(random.random())
    data = temp - 1
    lock.release()


threads = [threading.Thread(target=worker) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
