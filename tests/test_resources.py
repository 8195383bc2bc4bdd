from gdsim import resources
from gdsim.resources import resource


def test_found_whatever_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    resources.root.cache_clear()
    assert resource("icons", "play.svg").is_file()


def test_a_wheel_s_own_folder_comes_first(tmp_path, monkeypatch):
    package = tmp_path / "gdsim"
    (package / "resources").mkdir(parents=True)
    (tmp_path / "resources").mkdir()
    monkeypatch.setattr(resources, "_PACKAGE", package)
    resources.root.cache_clear()
    try:
        assert resource("x") == package / "resources" / "x"
        (package / "resources").rmdir()
        resources.root.cache_clear()
        assert resource("x") == tmp_path / "resources" / "x"
    finally:
        resources.root.cache_clear()
