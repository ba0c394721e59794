import time, cProfile, pstats
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from allant.vaccination.journey import journey_of
from allant.vaccination.priority import priority_of
from tests.vaccination.builders import *

@pytest.mark.django_db
def test_perf():
    people=[patient("1940-05-01","ald:8") for _ in range(400)]
    for p in people: declare(p,key=f"d{p.pk}")
    give(people[0],"2021-02-01")
    with CaptureQueriesContext(connection) as q: give(people[1],"2021-02-01",lot="X")
    for x in q: print(x["sql"][:110].replace("\n"," "))
    c=time.process_time(); t=time.perf_counter()
    for p in people[2:202]: give(p,"2021-02-01")
    print("record cpu ms",(time.process_time()-c)*5, "wall", (time.perf_counter()-t)*5)
    c=time.process_time()
    for p in people[2:202]: journey_of(p, day("2021-02-10"), known("2021-02-10"))
    print("journey cpu ms",(time.process_time()-c)*5)
    c=time.process_time()
    for p in people[202:302]: declare(patient(), key=f"n{p.pk}")
    print("declare cpu ms",(time.process_time()-c)*10)
    k=journey_of(people[5], day("2021-06-10"), known("2021-06-10")).known
    c=time.process_time()
    for _ in range(100): priority_of(k, day("2021-12-30"), known("2021-12-30"))
    print("priority cpu ms",(time.process_time()-c)*10)
    pr=cProfile.Profile(); pr.enable()
    for p in people[303:]: give(p,"2021-02-01")
    pr.disable(); pstats.Stats(pr).sort_stats("cumulative").print_stats(35)
    assert 0
