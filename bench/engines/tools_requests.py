"""What callers ask of an assistant that has tools, written for this bench by hand.

Each offer is what one session can do. A request names the tool that it needs, None for one that needs none, and values
that its arguments must hold somewhere. `TUNING` may be looked at when orders and grammars are changed; `HELD_OUT`, with
tools of its own, is only counted.
"""

from dataclasses import dataclass
from typing import Any

from pipeline.engines import Tool


@dataclass(frozen=True, slots=True)
class Wanted:
    """said: by the caller. tool: that it needs. holds: texts or numbers among the values of the arguments."""

    said: str
    tool: str | None
    holds: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    orders: str
    tools: tuple[Tool, ...]
    requests: tuple[Wanted, ...]


def _tool(name: str, description: str, /, *, optional: tuple[str, ...] = (), **properties: Any) -> Tool:
    required = [key for key in properties if key not in optional]
    return Tool(name, description, {"type": "object", "properties": properties, "required": required})


_TEXT, _COUNT = {"type": "string"}, {"type": "integer"}


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


HOME = Offer(
    "You are a friendly assistant at home. Answer in one or two short sentences.",
    (
        _tool("get_weather", "The weather in a city", optional=("day",), city=_TEXT, day=_one_of("today", "tomorrow")),
        _tool("set_timer", "Rings after so many minutes", optional=("label",), minutes=_COUNT, label=_TEXT),
        _tool("get_time", "The time of day now"),
        _tool("switch_light", "Turns a lamp on or off", room=_TEXT, on={"type": "boolean"}),
    ),
    (
        Wanted("What is the weather in Rome?", "get_weather", ("Rome",)),
        Wanted("Will it rain in Hamburg tomorrow?", "get_weather", ("Hamburg", "tomorrow")),
        Wanted("Do I need a coat in Oslo today?", "get_weather", ("Oslo",)),
        Wanted("Set a timer for ten minutes, please.", "set_timer", (10,)),
        Wanted("Remind me in 25 minutes that the cake is done.", "set_timer", (25,)),
        Wanted("What time is it?", "get_time"),
        Wanted("Can you tell me how late it is?", "get_time"),
        Wanted("Turn off the light in the kitchen.", "switch_light", ("kitchen",)),
        Wanted("It is too dark in the bedroom, switch the lamp on.", "switch_light", ("bedroom",)),
        Wanted("Hello, how are you?", None),
        Wanted("I like rain, it makes me sleepy.", None),
        Wanted("Tell me a joke about cats.", None),
        Wanted("Thank you, that was very kind.", None),
    ),
)

RESTAURANT = Offer(
    "You answer the phone for the restaurant Luna. Be brief and polite.",
    (
        _tool(
            "book_table",
            "Books a table for guests",
            people=_COUNT,
            when={"type": "object", "properties": {"day": _TEXT, "time": _TEXT}, "required": ["day", "time"]},
            name=_TEXT,
        ),
        _tool("cancel_booking", "Cancels a booking by its code", code=_TEXT),
        _tool("opening_hours", "When the restaurant is open"),
    ),
    (
        Wanted("A table for four on Friday at eight in the evening, my name is Miller.", "book_table", (4, "Miller")),
        Wanted("Could you book two places tomorrow at 7 pm for Anna Schmidt?", "book_table", (2, "Schmidt")),
        Wanted("I want to cancel my booking, the code is B 7 4 2.", "cancel_booking"),
        Wanted("Please cancel reservation XK19.", "cancel_booking", ("XK19",)),
        Wanted("When do you open on Sundays?", "opening_hours"),
        Wanted("Are you still open at ten at night?", "opening_hours"),
        Wanted("Good evening!", None),
        Wanted("My grandmother always made the best pasta.", None),
        Wanted("Could you speak a little slower, please?", None),
    ),
)

TUTOR = Offer(
    "You are a patient tutor of languages on the phone. Answer in one or two short sentences of plain words.",
    (
        _tool("look_up_word", "Translates a word", word=_TEXT, language=_one_of("german", "french", "spanish")),
        _tool("set_speed", "How fast the tutor speaks", speed=_one_of("slow", "normal", "fast")),
        _tool("save_words", "Keeps words for the next lesson", words={"type": "array", "items": _TEXT}),
        _tool("end_lesson", "Ends the lesson now"),
    ),
    (
        Wanted("What does bread mean in German?", "look_up_word", ("bread", "german")),
        Wanted("How do you say butterfly in Spanish?", "look_up_word", ("butterfly", "spanish")),
        Wanted("Can you speak more slowly, please?", "set_speed", ("slow",)),
        Wanted("You are too slow for me, go faster.", "set_speed", ("fast",)),
        Wanted("Save the words apple, pear and plum for next time.", "save_words", ("apple", "plum")),
        Wanted("I have to go, please end the lesson.", "end_lesson"),
        Wanted("Yesterday I goed to the cinema.", None),
        Wanted("Is it 'much people' or 'many people'?", None),
        Wanted("My favourite colour is blue. What is yours?", None),
        Wanted("I am a bit tired today.", None),
    ),
)

TUNING = (HOME, RESTAURANT, TUTOR)

DESK = Offer(
    "You are the switchboard of a small company. Be polite and brief.",
    (
        _tool("transfer_call", "Puts the caller through", department=_one_of("sales", "support", "billing")),
        _tool(
            "create_ticket",
            "Writes down a problem that a customer has",
            optional=("priority",),
            customer={"type": "object", "properties": {"name": _TEXT, "city": _TEXT}, "required": ["name"]},
            problem=_TEXT,
            priority=_one_of("low", "normal", "high"),
        ),
        _tool("company_address", "Where the company is"),
        _tool("order_status", "How far an order is", number=_COUNT),
    ),
    (
        Wanted("Could you put me through to sales?", "transfer_call", ("sales",)),
        Wanted("I have a question about my invoice, connect me with billing please.", "transfer_call", ("billing",)),
        Wanted("My name is Peter Brown and my printer does not print.", "create_ticket", ("Brown",)),
        Wanted("This is Maria Lopez from Madrid, our internet is down and it is urgent.", "create_ticket", ("Lopez",)),
        Wanted("What is your address?", "company_address"),
        Wanted("How do I find your office?", "company_address"),
        Wanted("Where is my order number 5512?", "order_status", (5512,)),
        Wanted("Has order 88 been sent?", "order_status", (88,)),
        Wanted("Good morning, can you hear me?", None),
        Wanted("Wait a moment, somebody is at the door.", None),
        Wanted("No, thank you, that was all.", None),
        Wanted("What a lovely day it is.", None),
    ),
)

TRAVEL = Offer(
    "You help people who travel. Everything you write is spoken, so be brief.",
    (
        _tool("find_train", "Trains between two cities", optional=("day",), start=_TEXT, goal=_TEXT, day=_TEXT),
        _tool(
            "convert_money",
            "Changes an amount to another currency",
            amount={"type": "number"},
            source=_TEXT,
            target=_TEXT,
        ),
        _tool("find_hotel", "Hotels in a city", optional=("stars",), city=_TEXT, nights=_COUNT, stars=_COUNT),
        _tool("call_taxi", "Orders a taxi to where the caller is"),
    ),
    (
        Wanted("When is the next train from Vienna to Prague?", "find_train", ("Vienna", "Prague")),
        Wanted("I need to get from Lyon to Paris on Monday by train.", "find_train", ("Lyon", "Paris")),
        Wanted("How much are fifty dollars in euros?", "convert_money", (50,)),
        Wanted("Change 120 pounds into francs for me.", "convert_money", (120,)),
        Wanted("Find me a hotel in Lisbon for three nights.", "find_hotel", ("Lisbon", 3)),
        Wanted("We need a room in Graz for one night, four stars please.", "find_hotel", ("Graz", 1)),
        Wanted("Please call me a taxi.", "call_taxi"),
        Wanted("I need a cab right now.", "call_taxi"),
        Wanted("I have never been on a ship.", None),
        Wanted("Which do you like better, mountains or the sea?", None),
        Wanted("Oh, I see. Thanks a lot!", None),
        Wanted("Sorry, I did not understand you.", None),
    ),
)

HELD_OUT = (DESK, TRAVEL)
