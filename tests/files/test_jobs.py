import os

from backend.files import jobs
from backend.files.store import Store


async def test_the_nightly_job_sweeps_and_may_run_twice(database, tmp_path):
    store = Store(tmp_path / "files")
    sha256 = store.put(b"orphan")
    os.utime(store.root / sha256[:2] / sha256[2:], (0, 0))

    assert [await jobs.sweep_files({"files": store}) for _ in range(2)] == [1, 0]
