"""How much may wait."""

from footfall.collector.room import Room


def test_room_is_taken_up_to_the_limit_and_given_back() -> None:
    room = Room(100)

    assert room.take(60)
    assert not room.take(41)
    assert room.take(40)
    assert room.full
    room.give(1)
    assert not room.full
    assert room.taken == 99
