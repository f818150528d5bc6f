from backend.guidance.actions.booking import book_visit
from backend.guidance.actions.catalogue import Published, load_catalogue
from backend.guidance.actions.changes import cancel, change_facts, reschedule
from backend.guidance.actions.drafts import (
    ask,
    choose_half_day,
    choose_items,
    choose_site,
    forget_old_drafts,
    start_booking,
)
from backend.guidance.actions.field import arrive, depart, read_contact
from backend.guidance.actions.office import accept_visit, replace_officer, return_visit
from backend.guidance.actions.opinions import PHOTOS, close, confirm, correct, issue, remove_opinion, save_opinion
from backend.guidance.actions.overdue import remind_of_waiting
from backend.guidance.actions.photos import forget_photos, keep_photos
from backend.guidance.actions.reminders import remind_of_visits

__all__ = [
    "PHOTOS", "Published", "accept_visit", "arrive", "ask", "book_visit", "cancel", "change_facts", "choose_half_day",
    "choose_items", "choose_site", "close", "confirm", "correct", "depart", "forget_old_drafts", "forget_photos",
    "issue", "keep_photos", "load_catalogue", "read_contact", "remind_of_visits", "remind_of_waiting",
    "remove_opinion", "replace_officer", "reschedule", "return_visit", "save_opinion", "start_booking",
]  # fmt: skip
