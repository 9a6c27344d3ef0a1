"""How many answers give how many points of uncertainty: a page to look at while a round is planned."""

from __future__ import annotations

from flask import Blueprint, request
from marshmallow import Schema, ValidationError, fields, validate

from exports.statistics import answers_for, margin
from server.desk_session import desk_page

blueprint = Blueprint("planning", __name__, url_prefix="/desk/planning")

#: How many answers the page tells of, and for how many points (of 100) it says how many are needed.
ANSWERS = (10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 600, 1000, 2000)
POINTS = (3, 4, 5, 7, 10, 15)


class Asked(Schema):
    """What may be asked: how many people the round speaks of."""

    population = fields.Integer(validate=validate.Range(min=2, max=100_000_000))


@blueprint.get("/uncertainty")
def uncertainty() -> str:
    """A table and a sentence; with the number of people in the population, as it is for them."""
    typed = request.args.get("population", "").strip().replace(".", "").replace(" ", "")
    population: int | None = None
    wrong = False
    if typed:
        try:
            population = Asked().load({"population": typed})["population"]
        except ValidationError:
            wrong = True
    counted = [n for n in ANSWERS if population is None or n < population]
    if population is not None:
        counted.append(population)
    return desk_page(
        "desk/uncertainty.html",
        typed=request.args.get("population", "")[:20],
        wrong=wrong,
        population=population,
        rows=[(n, 100 * margin(n, population)) for n in counted],
        needed=[(points, answers_for(points / 100, population)) for points in POINTS],
        five=answers_for(0.05, population),
        hundred=100 * margin(100, population) if population is None or population > 100 else None,
    )
