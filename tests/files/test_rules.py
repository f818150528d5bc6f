import pytest

from backend.files import rules


def test_a_photo_of_exactly_eight_megabytes_is_small_enough():
    rules.check_size(1)
    rules.check_size(8_000_000)


def test_one_byte_more_is_too_large_and_nothing_is_no_photo():
    with pytest.raises(rules.PhotoTooLarge, match="8MB"):
        rules.check_size(8_000_001)
    with pytest.raises(rules.NotAPhoto):
        rules.check_size(0)


@pytest.mark.parametrize(("most", "jpeg"), [(220_000_000, True), (30_000_000, False)])
def test_a_picture_may_unfold_only_so_far(most, jpeg):
    rules.check_pixels(most, jpeg=jpeg)

    with pytest.raises(rules.NotAPhoto):
        rules.check_pixels(most + 1, jpeg=jpeg)


def test_the_two_hundred_and_first_file_of_a_day_is_refused():
    rules.check_today(199)

    with pytest.raises(rules.TooManyToday):
        rules.check_today(200)
