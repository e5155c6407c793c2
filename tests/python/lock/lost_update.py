import random
import threading
import time

data = 5


def worker():
    global data
    temp = data
    time.sleep(random.random())
    data = temp - 1


threads = [threading.Thread(target=worker) for _ in range(5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
