import queue

q = queue.Queue()
q.put(1)
q.put(2)
q.task_done()
q.task_done()
print('two')
q.task_done()
