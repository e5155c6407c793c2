import threading
import time


def tell_time():
    print(time.strftime('%X'))


timer = threading.Timer(1, tell_time)
timer.start()
