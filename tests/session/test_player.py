from gdsim.session.player import SPEEDS, Player


def test_plays_as_many_updates_as_its_speed_says():
    player = Player()
    player.speed = 100.0
    player.play(last=1000)
    for _ in range(50):
        player.tick(0.02, computed=1000, last=1000)
    assert player.wanted == 100


def test_slow_speeds_add_up_over_frames():
    player = Player()
    player.speed = 0.5
    player.play(last=10)
    moves = [player.tick(0.016, 10, 10) for _ in range(250)]  # four seconds
    assert player.wanted == 2
    assert sum(moves) == 2


def test_waits_at_the_edge_of_what_is_computed_and_stops_at_the_end():
    player = Player()
    player.speed = 10_000.0
    player.play(last=500)
    player.tick(0.05, computed=120, last=500)
    assert (player.wanted, player.playing) == (120, True)
    player.tick(0.1, computed=500, last=500)
    assert (player.wanted, player.playing) == (500, False)


def test_a_machine_that_slept_does_not_burst():
    player = Player()
    player.speed = 100.0
    player.play(last=100_000)
    player.tick(60.0, computed=100_000, last=100_000)
    assert player.wanted <= 10


def test_play_at_the_end_begins_anew():
    player = Player()
    player.jump(30, last=30)
    player.play(last=30)
    assert (player.wanted, player.playing) == (0, True)


def test_jump_pauses_and_stays_inside():
    player = Player()
    player.play(last=30)
    player.jump(99, last=30)
    assert (player.wanted, player.playing) == (30, False)
    player.jump(-5, last=30)
    assert player.wanted == 0


def test_speeds_have_ends():
    player = Player()
    for _ in range(40):
        player.faster()
    assert player.speed == SPEEDS[-1]
    for _ in range(40):
        player.slower()
    assert player.speed == SPEEDS[0]
