"""NumPy's matrix products stay in the thread that asks for them."""


def calm_blas() -> None:
    """Take from BLAS its threads, for the whole process; to be called once NumPy is loaded.

    OpenBLAS splits even the small products of audio features over all cores, where its threads spin until the slowest
    is done. Next to engines that keep the cores busy, that turns two milliseconds into tens of them (the benchmark of
    the features in bench/engines/turn_bench.py).
    """
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")
