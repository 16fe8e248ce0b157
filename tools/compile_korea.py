"""Compile the embedded Korean territory from the figures in ``../shared/data/korea``.

Run by hand, once a vintage:  ``.venv/bin/python tools/compile_korea.py ../shared/data/korea``

It joins, renames and checks; everything that is said about the figures (labels, sources,
caveats, the country's rules) stands in ``tools/korea.yaml`` and goes into the package.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from gangso.territory.metadata import Metadata
from gangso.territory.write import write_package

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "src" / "gangso" / "territory" / "datasets" / "korea"
REFERENCE_YEAR = 2023
WON_PER_100_MILLION = 100_000_000

# Codes of the five-class names in the sources -> services of the facilities table.
# The hospital list holds 247 clinics out of about 37,000: too few to be shown as clinics.
HOSPITAL_CLASSES = {
    "상급종합": "tertiary_hospital",
    "종합병원": "general_hospital",
    "병원": "hospital",
    "요양병원": "nursing_hospital",
    "정신병원": "mental_hospital",
}
SCHOOL_CLASSES = {
    "초등학교": "elementary_school",
    "중학교": "middle_school",
    "고등학교": "high_school",
}
TOWN_SERVICES = {
    "clinic_cnt": "clinic",
    "dental_clinic_cnt": "dental_clinic",
    "kmedicine_clinic_cnt": "korean_medicine_clinic",
    "pubhealth_center_cnt": "public_health_centre",
    "pubhealth_branch_cnt": "public_health_branch",
    "pubhealth_clinic_cnt": "public_health_post",
}
FUNCTIONS = {
    "일반공공행정": "general_administration",
    "공공질서및안전": "public_order_and_safety",
    "교육": "education",
    "문화및관광": "culture_and_tourism",
    "환경": "environment",
    "사회복지": "social_welfare",
    "보건": "health",
    "농림해양수산": "agriculture_and_fisheries",
    "산업ㆍ중소기업및에너지": "industry_and_energy",
    "교통및물류": "transport_and_logistics",
    "국토및지역개발": "land_and_regional_development",
    "과학기술": "science_and_technology",
    "예비비": "reserve_fund",
    "기타": "other",
}
# Thresholds that the notes of the closure tests state in words.
CLOSURE_LIMITS = {
    "hospital_basic": {"people": 5000, "sparse_people": 500, "sparse_below": 50},
    "obstetrics": {"people": 950},
}
# Provinces that a short regional name of the zone list stands for; "도간" crosses provinces.
REGIONS = {"충남": "충청남도", "충북": "충청북도", "경남": "경상남도", "경북": "경상북도"}


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read one of the given tables with every code as text."""
    codes = dict.fromkeys(
        ("code", "mois_code", "sgg_code", "origin", "destination", "code_a", "code_b"), "str"
    )
    return pd.read_csv(folder / name, dtype=codes)


def ages(folder: Path) -> pd.DataFrame:
    """Registered population, long."""
    wide = read(folder, "population_age5_sex_2015_2023.csv")
    table = wide.melt(id_vars=["code", "year", "sex"], var_name="age", value_name="persons")
    table["age"] = table["age"].str[1:].astype(int)
    table = table.rename(columns={"code": "municipality"})
    table = table.sort_values(["municipality", "year", "sex", "age"], ignore_index=True)
    # Years whose figures equal the following year's to the last person in every age are
    # no counts of that year but a later one carried back; they are kept and marked.
    wide = table.pivot_table(
        index=["municipality", "year"], columns=["sex", "age"], values="persons"
    )
    later = wide.groupby(level="municipality").shift(-1)
    carried = (wide == later).all(axis=1)
    marks = carried[carried].index
    table["carried_back"] = (
        pd.MultiIndex.from_frame(table[["municipality", "year"]]).isin(marks).astype("int8")
    )
    return table


def municipalities(source: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Names, kinds, points and the reference population."""
    total = (
        population[population["year"] == REFERENCE_YEAR].groupby("municipality")["persons"].sum()
    )
    kind = source["type"].map(
        {
            "si": "city",
            "gun": "county",
            "gu": "metropolitan_district",
            "sejong": "special_city",
            "jeju_si": "administrative_city",
        }
    )
    kind[(source["type"] == "gun") & source["is_metropolis"]] = "metropolitan_county"
    # Seven names lack the hyphen before what they are ("Dangjinsi").
    spelled = source["name_en"].str.replace(r"(?<![-\s])(si|gun|gu)$", r"-\1", regex=True)
    twice = spelled.duplicated(keep=False)
    english = spelled.where(~twice, spelled + " (" + source["province_en"] + ")")
    # Trips are counted by city and county; metropolitan cities and Sejong are one zone each,
    # under their two-digit code.
    pooled = source["is_metropolis"] | (source["type"] == "sejong")
    return pd.DataFrame(
        {
            "code": source["code"],
            "name": source["label_ko"],
            "name_en": english,
            "province": source["province"],
            "province_en": source["province_en"],
            "kind": kind,
            "capital_region": source["capital_region"].map({True: "true", False: "false"}),
            "depopulation_area": source["mois_depop_area_2021"].map(
                {0: "none", 1: "designated", 2: "concern"}
            ),
            "area_km2": source["area_km2"],
            "population": source["code"].map(total),
            "lon": source["popw_lon"],
            "lat": source["popw_lat"],
            "flow_zone": source["code"].where(~pooled, source["code"].str[:2]),
            "mois_code": source["mois_code"],
        }
    ).sort_values("code", ignore_index=True)


def settlements(folder: Path) -> pd.DataFrame:
    """Towns of 2018 with the registered population of 2017."""
    towns = read(folder, "towns_2018.csv")
    basis = towns["pop_2017_src"].map(
        {"2017": "registered_2017", "later_year_or_name_match": "later_year"}
    )
    persons = towns["pop_2017"]
    # One town has an estimate for 2016 alone; six along the military demarcation line have
    # no figure in any vintage: nobody is registered there.
    estimated = persons.isna() & towns["pop_2016_est"].notna()
    nobody = persons.isna() & towns["pop_2016_est"].isna()
    basis = basis.mask(estimated, "estimate_2016").mask(nobody, "no_figure_taken_as_0")
    if nobody.sum() != 6 or not towns.loc[nobody, "census_pop_2015"].isna().all():
        sys.exit("other towns than the six known ones have no population: look at them")
    persons = persons.fillna(towns["pop_2016_est"]).mask(nobody, 0)
    return pd.DataFrame(
        {
            "code": towns["code"].astype(str),
            "municipality": towns["sgg_code"],
            "name": towns["name"],
            "name_en": towns["name_eng"],
            "lon": towns["lon"],
            "lat": towns["lat"],
            "area_km2": towns["area_km2"],
            "population": persons.astype(int),
            "population_65plus": towns["pop65_2017"].mask(nobody, 0),
            "population_basis": basis,
        }
    ).sort_values("code", ignore_index=True)


def indicators(source: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Everything that is counted by municipality and year."""
    columns = {
        ("census_population", 2010): "census_pop_2010",
        ("census_population", 2015): "census_pop_2015",
        ("registered_population", 2016): "pop_2016",
        ("women_20_39", 2016): "women_20_39_2016",
        ("population_65plus", 2016): "pop_65plus_2016",
        ("registered_population_june", 2024): "pop_202406",
        ("women_20_39_june", 2024): "women_20_39_202406",
        ("population_65plus_june", 2024): "pop_65plus_202406",
        ("delivery_institutions", 2026): "delivery_inst_2026",
        **{("births", year): f"births_{year}" for year in range(2017, 2022)},
    }
    parts = [
        pd.DataFrame(
            {"municipality": source["code"], "year": year, "item": item, "value": source[column]}
        )
        for (item, year), column in columns.items()
    ]
    registered = population.pivot_table(
        index="municipality", columns="year", values="persons", aggfunc="sum"
    )
    for year in range(2017, 2022):
        # The towns that the births miss are towns the source could not match; it is the same
        # towns every year (their share hardly moves from 2017 to 2021), so the coverage
        # measured for 2017 holds for all five years. Sejong has none for 2017 and 2018: from
        # 2019 on its own share is taken, towns over registered population of that year.
        own = source[f"pop_{year}_dongsum"] / source["code"].map(registered[year])
        value = source["dong_coverage_2017"].fillna(own).round(4)
        parts.append(
            pd.DataFrame(
                {
                    "municipality": source["code"],
                    "year": year,
                    "item": "births_coverage",
                    "value": value,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True).dropna(subset="value")
    return table.sort_values(["item", "year", "municipality"], ignore_index=True)


def facilities(folder: Path, source: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Points of service, each with the year of its source."""
    hospitals = read(folder, "hospitals_2022.csv")
    hospitals = hospitals[hospitals["class_ko"].isin(list(HOSPITAL_CLASSES))]
    schools = read(folder, "schools_2024.csv")
    schools = schools[schools["operate_stat"] == "운영"]
    pharmacies = read(folder, "pharmacies_202406.csv")
    by_town = read(folder, "town_facilities_202406.csv")
    parts = [
        pd.DataFrame(
            {
                "service": hospitals["class_ko"].map(HOSPITAL_CLASSES),
                "name": hospitals["name"],
                "municipality": hospitals["sgg_code"],
                "lon": hospitals["lon"],
                "lat": hospitals["lat"],
                "capacity": hospitals["doctors"],
                "year": 2022,
            }
        ),
        pd.DataFrame(
            {
                "service": schools["school_class"].map(SCHOOL_CLASSES),
                "municipality": schools["sgg_code"],
                "lon": schools["lon"],
                "lat": schools["lat"],
                "capacity": 1,
                "year": 2024,
            }
        ),
        pd.DataFrame(
            {
                "service": "pharmacy",
                "municipality": pharmacies["sgg_code"],
                "lon": pharmacies["lon"],
                "lat": pharmacies["lat"],
                "capacity": 1,
                "year": 2024,
            }
        ),
    ]
    for column, service in TOWN_SERVICES.items():
        some = by_town[by_town[column] > 0]
        parts.append(
            pd.DataFrame(
                {
                    "service": service,
                    "municipality": some["sgg_code"],
                    "lon": some["lon"],
                    "lat": some["lat"],
                    "capacity": some[column].astype(int),
                    "year": 2024,
                }
            )
        )
    # Delivery institutions are counts by municipality: they stand at its most populous town.
    largest = (
        towns.sort_values(["population", "code"], ascending=[False, True])
        .drop_duplicates("municipality")
        .set_index("municipality")
    )
    some = source[source["delivery_inst_2026"] > 0]
    parts.append(
        pd.DataFrame(
            {
                "service": "delivery_institution",
                "municipality": some["code"],
                "lon": some["code"].map(largest["lon"]),
                "lat": some["code"].map(largest["lat"]),
                "capacity": some["delivery_inst_2026"].astype(int),
                "year": 2026,
            }
        )
    )
    table = pd.concat(parts, ignore_index=True)
    table[["lon", "lat"]] = table[["lon", "lat"]].round(5)  # about one metre
    order = ["service", "municipality", "lon", "lat", "name"]
    table = table.sort_values(order, ignore_index=True)
    table.insert(0, "id", [f"f{number:05d}" for number in range(1, len(table) + 1)])
    return table[["id", "service", "name", "municipality", "lon", "lat", "capacity", "year"]]


def flows(folder: Path) -> pd.DataFrame:
    """Trips a day and moves a year."""
    trips = read(folder, "trips_od.csv").rename(columns={"trips": "amount"})
    trips["amount"] = trips["amount"].astype("float32")
    trips = trips.assign(kind="trips", year=pd.NA, imputed=0)
    parts = [trips]
    for year in (2023, 2024):
        moves = read(folder, f"migration_od_{year}.csv").rename(columns={"moves": "amount"})
        parts.append(moves.assign(kind="migration", year=year))
    table = pd.concat(parts, ignore_index=True)
    table["year"] = table["year"].astype("Int16")
    table["imputed"] = table["imputed"].astype("int8")
    table = table.sort_values(["kind", "year", "origin", "destination"], ignore_index=True)
    return table[["kind", "origin", "destination", "year", "amount", "imputed"]]


def finance(folder: Path) -> pd.DataFrame:
    """Indices of 2023, settled expenditure and the budget by function, in won."""
    source = read(folder, "finance.csv")
    columns = {
        "fiscal_self_reliance_pct_2023": ("self_reliance_pct", 1),
        "fiscal_self_reliance_new_pct": ("self_reliance_new_pct", 1),
        "fiscal_autonomy_pct": ("autonomy_pct", 1),
        "settled_expenditure_2023_100m_krw": ("expenditure_settled", WON_PER_100_MILLION),
        "budget_2023_100m_krw": ("budget_total", WON_PER_100_MILLION),
        **{
            f"budget_by_function_100m_krw:{name}": (f"budget:{key}", WON_PER_100_MILLION)
            for name, key in FUNCTIONS.items()
        },
    }
    parts = []
    for column, (item, factor) in columns.items():
        amount = source[column]
        if factor != 1:
            amount = (amount * factor).round()
        parts.append(
            pd.DataFrame(
                {"municipality": source["code"], "year": 2023, "item": item, "amount": amount}
            )
        )
    table = pd.concat(parts, ignore_index=True).dropna(subset="amount")
    return table.sort_values(["item", "municipality"], ignore_index=True)


def contiguity(folder: Path) -> pd.DataFrame:
    """Neighbours by land, bridge and ferry."""
    source = read(folder, "contiguity.csv")
    # One pair of Seoul districts meets in a point (6 m): no shared border, so no link.
    source = source[source["link_type"] != "point"]
    return pd.DataFrame(
        {
            "a": source["code_a"],
            "b": source["code_b"],
            "link": source["link_type"],
            "shared_km": source["shared_km"],
            "opened": source["opened"].astype("Int16"),
            "note": source["note"],
        }
    ).sort_values(["a", "b"], ignore_index=True)


def hubs(folder: Path, english: dict[str, str]) -> pd.DataFrame:
    """Innovation Cities and fast-train stations."""
    source = read(folder, "hubs.csv")
    if unknown := set(source["name"]) - set(english):
        sys.exit(f"no English name in korea.yaml: {', '.join(sorted(unknown))}")
    return pd.DataFrame(
        {
            "kind": source["kind"].replace({"ktx_station": "rail_station"}),
            "name": source["name"],
            "name_en": source["name"].map(english),
            "municipalities": source["municipality_codes"].astype(str),
            "lon": source["lon"],
            "lat": source["lat"],
            "opened": source["opened"],
        }
    ).sort_values(["kind", "name"], ignore_index=True)


def groupings(folder: Path, source: pd.DataFrame) -> pd.DataFrame:
    """The 18 lifestyle zones whose members are known, names resolved to codes."""
    rows = []
    for zone in read(folder, "living_zones_2014_partial.csv").itertuples():
        among = source[~source["is_metropolis"]]
        if zone.region in REGIONS:
            among = among[among["province"] == REGIONS[zone.region]]
        for name in zone.members.split(";"):
            found = among.loc[among["name_ko"] == name, "code"]
            if len(found) != 1:
                sys.exit(f"{zone.name}: {name} is {len(found)} municipalities")
            rows.append(("lifestyle_zones_2014", zone.name, found.iloc[0]))
    return pd.DataFrame(rows, columns=["grouping", "name", "municipality"])


def _group(text: str) -> str:
    return {"women 15-49": "women_15_49", "65+": "65plus"}.get(text, text)


def standards(folder: Path, said: dict[str, Any]) -> dict[str, Any]:
    """Sourced standards, tests and thresholds as a part of the scenario fragment."""
    rows = pd.read_csv(folder / "service_standards.csv").astype(object)
    rows["source"] = rows["source"].where(rows["source"] != "same").ffill()
    parts: dict[str, dict[str, Any]] = {"standards": {}, "closures": {}}
    for row in rows.itertuples():
        key = row.service
        common = {
            "label": {
                "ko": said["korean"].get(key, row.service_ko),
                "en": said["english"][key],
            },
            "services": said["services"].get(key, [key]),
            # Where a range is given, the upper end is evaluated.
            "minutes": float(row.minutes_high),
            "group": _group(row.population_group),
            "source": row.source,
        }
        for name, target in (("notes", "note"), ("assumed", "assumed_where")):
            if key in said[name]:
                common[target] = said[name][key]
        if row.level == "closure_test":
            limits = CLOSURE_LIMITS[key]
            if any(f"{number:,}" not in row.note and str(number) not in row.note
                   for number in limits.values()):  # fmt: skip
                sys.exit(f"{key}: the note no longer says {limits}")
            if key == "obstetrics":
                common["assumed_where"] = said["assumed"]["delivery_room"]
            parts["closures"][key] = common | limits
            continue
        level = {"underserved_test": "test"}.get(row.level, row.level)
        if row.country != "KR":
            level = "example"
        parts["standards"][key] = common | {"level": level, "mode": row.mode}
    for key, variant in said["variants"].items():
        parts["standards"][key] = parts["standards"][variant["of"]] | {
            "label": {"ko": said["korean"][key], "en": said["english"][key]},
            "services": variant["services"],
            "note": said["notes"][key],
        }
    sources = dict(zip(rows["service"], rows["source"], strict=True))
    parts["underserved"] = {
        key: test | {"source": sources[test["any_of"][0]]}
        for key, test in said["underserved"].items()
    }
    thresholds = pd.read_csv(folder / "service_thresholds_japan_mlit.csv")
    parts["thresholds"] = {
        row.service: {
            "label": {
                "ko": said["thresholds"].get(row.service, {}).get("ko", row.ko),
                "en": said["thresholds"]
                .get(row.service, {})
                .get("en", row.service.replace("_", " ").capitalize()),
            },
            "population_50": float(row.pop_50pct),
            "population_80": None if pd.isna(row.pop_80pct) else float(row.pop_80pct),
            "confidence": row.confidence,
            "source": f"{row.source} ({row.vintage})".replace(
                "MOF 財政制度分科会", "MOF Fiscal System Council"
            ),
        }
        for row in thresholds.itertuples()
        if "births" not in row.service  # a threshold of births, not of residents
    }
    return parts


def elasticities(folder: Path) -> dict[str, dict[str, Any]]:
    """Elasticities of budgets with their standard errors, by task."""
    rows = pd.read_csv(folder / "kor_cost_elasticities_by_function.csv")
    return {
        FUNCTIONS[row.function]: {
            "elasticity_population": row.elasticity_pop,
            "se_population": row.se,
            "elasticity_area": row.elasticity_area,
            "se_area": row.se_area,
            "source": (
                f"log-log regression of the budgets of {row.n} cities and counties on residents "
                f"and area, 2023 (R2 {row.R2:g}); it embeds the formula of the grants"
            ),
        }
        for row in rows.itertuples()
    }


def main() -> None:
    """Compile and write the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="folder with the given CSV files")
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    source = read(options.source, "municipalities.csv")
    population = ages(options.source)
    towns = settlements(options.source)
    said = yaml.safe_load((HERE / "korea.yaml").read_text(encoding="utf-8"))
    fragment = said["gangso"]["scenario"]["services"]
    fragment |= standards(options.source, said["standards"])
    tasks = said["gangso"]["scenario"]["compact"]["functions"]["tasks"]
    for key, figures in elasticities(options.source).items():
        tasks[key] |= figures
    tables = {
        "municipalities": municipalities(source, population),
        "settlements": towns,
        "population": population,
        "indicators": indicators(source, population),
        "facilities": facilities(options.source, source, towns),
        "hubs": hubs(options.source, said["hubs"]),
        "contiguity": contiguity(options.source),
        "flows": flows(options.source),
        "finance": finance(options.source),
        "groupings": groupings(options.source, source),
    }
    write_package(
        options.out,
        tables,
        Metadata.model_validate(said["gangso"]),
        extra=said["package"],
        overwrite=True,
    )
    for file in sorted(options.out.iterdir()):
        print(f"{file.stat().st_size:>9,}  {file.name}")
    print(f"{sum(f.stat().st_size for f in options.out.iterdir()):>9,}  in total")


if __name__ == "__main__":
    main()
