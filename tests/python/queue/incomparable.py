import queue

q = queue.PriorityQueue()
q.put((10, 'a'))
try:
    q.put((10, 1))
except TypeError:
    print(q.qsize(), q.unfinished_tasks)
