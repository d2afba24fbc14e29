# SPDX-License-Identifier: Apache-2.0
"""Ten functions and fifty things that people say to a voice agent that has them.

The schemas use what real ones use: nested objects, arrays of objects, enums, ranges of integers and
of numbers, lengths of strings, booleans, null, constants, definitions, optional properties.
"""


def function(name, description, properties, required=(), **more):
    parameters = {"type": "object", "properties": properties, "required": list(required), **more}
    return {"type": "function", "name": name, "description": description, "parameters": parameters}


TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1, "maxLength": 24}

FUNCTIONS = {
    one["name"]: one
    for one in [
        function(
            "get_weather", "The weather in a city.",
            {
                "city": {"type": "string", "minLength": 2, "maxLength": 40},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                "days": {"type": "integer", "minimum": 1, "maximum": 7},
            },
            ["city"], additionalProperties=False,
        ),
        function(
            "book_table", "Books a table in a restaurant.",
            {
                "restaurant": NAME,
                "people": {"type": "integer", "minimum": 1, "maximum": 20},
                "time": {
                    "type": "object",
                    "properties": {
                        "day": {"type": "string", "enum": [
                            "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]},
                        "hour": {"type": "integer", "minimum": 0, "maximum": 23},
                        "minute": {"enum": [0, 15, 30, 45]},
                    },
                    "required": ["day", "hour"],
                    "additionalProperties": False,
                },
                "outside": {"type": "boolean"},
            },
            ["restaurant", "people", "time"], additionalProperties=False,
        ),
        function(
            "order_food", "Orders food.",
            {
                "items": {
                    "type": "array", "minItems": 1, "maxItems": 4,
                    "items": {
                        "type": "object",
                        "properties": {
                            "dish": NAME,
                            "count": {"type": "integer", "minimum": 1, "maximum": 9},
                            "extras": {"type": "array", "maxItems": 2, "items": NAME},
                        },
                        "required": ["dish", "count"],
                        "additionalProperties": False,
                    },
                },
                "delivery": {"type": "boolean"},
                "note": {"type": ["string", "null"], "maxLength": 30},
            },
            ["items", "delivery"], additionalProperties=False,
        ),
        function(
            "set_thermostat", "Sets the temperature of a room.",
            {
                "room": {"type": "string", "enum": ["kitchen", "bedroom", "bathroom", "living room"]},
                "temperature": {"type": "number", "minimum": 5, "maximum": 30},
                "mode": {"anyOf": [{"const": "heat"}, {"const": "cool"}, {"type": "null"}]},
            },
            ["room", "temperature", "mode"], additionalProperties=False,
        ),
        function(
            "transfer_money", "Sends money to somebody.",
            {
                "to": NAME,
                "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 10000},
                "currency": {"enum": ["EUR", "USD", "GBP"]},
                "reference": {"type": "string", "maxLength": 20},
            },
            ["to", "amount", "currency"], additionalProperties=False,
        ),
        function(
            "create_event", "Puts an event into the calendar.",
            {
                "title": {"type": "string", "minLength": 3, "maxLength": 40},
                "start": {"$ref": "#/$defs/moment"},
                "end": {"$ref": "#/$defs/moment"},
                "guests": {"type": "array", "maxItems": 3, "items": {"$ref": "#/$defs/person"}},
            },
            ["title", "start"], additionalProperties=False,
            **{"$defs": {
                "moment": {
                    "type": "object",
                    "properties": {
                        "month": {"type": "integer", "minimum": 1, "maximum": 12},
                        "day": {"type": "integer", "minimum": 1, "maximum": 31},
                        "hour": {"type": "integer", "minimum": 0, "maximum": 23},
                    },
                    "required": ["month", "day", "hour"],
                    "additionalProperties": False,
                },
                "person": {
                    "type": "object",
                    "properties": {"name": NAME, "optional": {"type": "boolean"}},
                    "required": ["name"],
                    "additionalProperties": False,
                },
            }},
        ),
        function(
            "play_music", "Plays music.",
            {
                "query": {"type": "string", "minLength": 1, "maxLength": 48},
                "kind": {"enum": ["song", "album", "artist", "playlist"]},
                "volume": {"type": "number", "minimum": 0, "maximum": 1},
                "shuffle": {"type": "boolean"},
            },
            ["query", "kind"], additionalProperties=False,
        ),
        function(
            "find_flights", "Finds flights.",
            {
                "route": {
                    "type": "object",
                    "properties": {
                        "from": {"type": "object", "properties": {"city": NAME}, "required": ["city"],
                                 "additionalProperties": False},
                        "to": {"type": "object", "properties": {"city": NAME}, "required": ["city"],
                               "additionalProperties": False},
                    },
                    "required": ["from", "to"],
                    "additionalProperties": False,
                },
                "adults": {"type": "integer", "minimum": 1, "maximum": 9},
                "cabin": {"type": "string", "enum": ["economy", "business", "first"]},
                "price_max": {"type": ["number", "null"], "minimum": 0},
            },
            ["route", "adults", "cabin"], additionalProperties=False,
        ),
        function(
            "log_workout", "Writes down a workout.",
            {
                "sport": {"oneOf": [{"const": "run"}, {"const": "swim"}, {"const": "bike"}]},
                "minutes": {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 600},
                "laps": {"type": "array", "maxItems": 5,
                         "items": {"type": "number", "minimum": 0, "maximum": 60}},
                "felt": {"type": "integer", "minimum": -3, "maximum": 3},
            },
            ["sport", "minutes", "felt"], additionalProperties=False,
        ),
        function("end_call", "Ends the call.", {}, additionalProperties=False),
    ]
}  # fmt: skip

PROMPTS = [
    ("get_weather", "What's the weather in Paris?"),
    ("get_weather", "Is it raining in Tokyo right now?"),
    ("get_weather", "How warm will it be in New York over the next three days, in Fahrenheit?"),
    ("get_weather", "Do I need an umbrella in Manchester today?"),
    ("get_weather", "Tell me the forecast for São Paulo for the whole week, please."),
    ("get_weather", 'My friend said "go to Reykjavík": is it cold there?'),
    ("book_table", "Book a table for four at Luigi's on Friday at seven in the evening."),
    ("book_table", "I'd like a table outside for two at the Blue Door, Sunday at noon."),
    ("book_table", "Table for twelve, Golden Dragon, Saturday half past eight."),
    ("book_table", "Can you get us a table at Chez Marie tomorrow? There are three of us."),
    ("book_table", "Reserve for 50 people at Burger Barn on Monday."),
    ("order_food", "Two pizzas with extra cheese and a cola, to my home."),
    ("order_food", "One chicken curry, please, I'll pick it up."),
    ("order_food", "Three burgers, two fries and a salad without onions. Bring it here."),
    ("order_food", "I want everything on the menu."),
    ("order_food", "A dozen dumplings and some tea, delivered. The bell is broken."),
    ("set_thermostat", "Make it twenty one degrees in the bedroom."),
    ("set_thermostat", "The kitchen is too hot, cool it down to 18.5."),
    ("set_thermostat", "Heat the bathroom to a hundred degrees."),
    ("set_thermostat", "I'm cold in the living room."),
    ("set_thermostat", "Set the garage to 12 degrees."),
    ("transfer_money", "Send fifty euros to Anna for the concert tickets."),
    ("transfer_money", "Pay Bob 12 dollars and 99 cents."),
    ("transfer_money", "Transfer a million pounds to my brother."),
    ("transfer_money", "Give Dr. O'Neill 30 bucks, reference invoice number 2026-114 of November."),
    ("transfer_money", "I owe Kim nothing, but send her something nice anyway."),
    ("create_event", "Dentist on the third of March at nine in the morning."),
    ("create_event", "Lunch with Tom and Jerry on December 24th from twelve to two."),
    ("create_event", "Put my birthday party into the calendar: June 30, 6 pm, with Ana, Ben, Cem and Dora."),
    ("create_event", "Meeting tomorrow."),
    ("create_event", "Remind me of the release at midnight on New Year's Eve."),
    ("play_music", "Play some jazz."),
    ("play_music", "Put on the album Kind of Blue, quietly."),
    ("play_music", "Shuffle my running playlist at full volume."),
    ("play_music", "I want to hear that song that goes la la la, you know, by, what was her name again?"),
    ("play_music", "Play Beethoven's ninth."),
    ("find_flights", "Find me a flight from Berlin to Madrid."),
    ("find_flights", "Two adults, business class, London to Singapore, not more than 4000."),
    ("find_flights", "We are a family of five and want to get away from Oslo to somewhere warm."),
    ("find_flights", "Cheapest way from San Francisco to Washington?"),
    ("find_flights", "First class to Tokyo for me and my wife, from Sydney."),
    ("log_workout", "I ran for 45 minutes and felt great."),
    ("log_workout", "Swam twenty laps in half an hour, it was awful."),
    ("log_workout", "Just came back from a two hour bike ride, so so."),
    ("log_workout", "Ran three laps: 4.5, 4.7 and 5.1 minutes."),
    ("log_workout", "No sports today."),
    ("end_call", "Thanks, goodbye!"),
    ("end_call", "That's all, you can hang up now."),
    ("end_call", "Stop."),
    ("end_call", "I have no more questions."),
]
