// A browser slows the timers of a hidden page down to one a minute; a worker's timer keeps going. Without it an agent
// who reads another tab would lose the lease (15 s) and go off line.
setInterval(() => postMessage(0), 1000)
