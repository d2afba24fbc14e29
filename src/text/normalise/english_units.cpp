// SPDX-License-Identifier: Apache-2.0
#include "text/normalise/english_units.h"

#include <algorithm>
#include <array>

#include "text/normalise/english_numbers.h"

namespace parley::text {
namespace {

struct Unit {
  std::string_view symbol;
  std::string_view one;
  std::string_view many = {};     // where it is not the plural of `one`
  bool is_only_attached = false;  // with white space before it it is something else
};

constexpr std::array kUnits = std::to_array<Unit>({
    // length
    {"km", "kilometer"},
    {"m", "meter"},
    {"dm", "decimeter"},
    {"cm", "centimeter"},
    {"mm", "millimeter"},
    {"µm", "micrometer"},
    {"μm", "micrometer"},
    {"nm", "nanometer"},
    {"mi", "mile"},
    {"yd", "yard"},
    {"ft", "foot"},
    {"in", "inch", {}, true},
    {"ly", "light-year"},
    // area, volume
    {"km²", "square kilometer"},
    {"km2", "square kilometer"},
    {"m²", "square meter"},
    {"m2", "square meter"},
    {"cm²", "square centimeter"},
    {"cm2", "square centimeter"},
    {"ft²", "square foot"},
    {"ft2", "square foot"},
    {"sqft", "square foot"},
    {"m³", "cubic meter"},
    {"m3", "cubic meter"},
    {"cm³", "cubic centimeter"},
    {"ha", "hectare"},
    {"l", "liter"},
    {"L", "liter"},
    {"dl", "deciliter"},
    {"cl", "centiliter"},
    {"ml", "milliliter"},
    {"mL", "milliliter"},
    {"gal", "gallon"},
    {"qt", "quart"},
    {"pt", "pint"},
    {"tbsp", "tablespoon"},
    {"tsp", "teaspoon"},
    // mass
    {"kg", "kilogram"},
    {"g", "gram"},
    {"mg", "milligram"},
    {"µg", "microgram"},
    {"μg", "microgram"},
    {"mcg", "microgram"},
    {"t", "ton", {}, true},
    {"lb", "pound"},
    {"lbs", "pound"},
    {"oz", "ounce"},
    // time
    {"h", "hour"},
    {"hr", "hour"},
    {"hrs", "hour"},
    {"min", "minute"},
    {"mins", "minute"},
    {"s", "second", {}, true},
    {"sec", "second"},
    {"secs", "second"},
    {"ms", "millisecond"},
    {"µs", "microsecond"},
    {"μs", "microsecond"},
    {"ns", "nanosecond"},
    {"yr", "year"},
    {"yrs", "year"},
    // frequency, electricity, energy
    {"Hz", "hertz"},
    {"kHz", "kilohertz"},
    {"MHz", "megahertz"},
    {"GHz", "gigahertz"},
    {"THz", "terahertz"},
    {"V", "volt"},
    {"kV", "kilovolt"},
    {"mV", "millivolt"},
    {"A", "amp", {}, true},
    {"mA", "milliamp"},
    {"mAh", "milliamp hour"},
    {"W", "watt"},
    {"kW", "kilowatt"},
    {"MW", "megawatt"},
    {"GW", "gigawatt"},
    {"Wh", "watt hour"},
    {"kWh", "kilowatt hour"},
    {"MWh", "megawatt hour"},
    {"Ω", "ohm"},
    {"J", "joule", {}, true},
    {"kJ", "kilojoule"},
    {"cal", "calorie"},
    {"kcal", "kilocalorie"},
    {"hp", "horsepower", "horsepower"},
    {"dB", "decibel"},
    // pressure
    {"Pa", "pascal"},
    {"hPa", "hectopascal"},
    {"kPa", "kilopascal"},
    {"MPa", "megapascal"},
    {"psi", "pound per square inch", "pounds per square inch"},
    {"atm", "atmosphere"},
    // temperature
    {"°C", "degree Celsius", "degrees Celsius"},
    {"°F", "degree Fahrenheit", "degrees Fahrenheit"},
    {"ºC", "degree Celsius", "degrees Celsius"},
    {"ºF", "degree Fahrenheit", "degrees Fahrenheit"},
    {"℃", "degree Celsius", "degrees Celsius"},
    {"℉", "degree Fahrenheit", "degrees Fahrenheit"},
    {"°", "degree"},
    {"º", "degree"},
    // data
    {"bit", "bit"},
    {"kB", "kilobyte"},
    {"KB", "kilobyte"},
    {"MB", "megabyte"},
    {"GB", "gigabyte"},
    {"TB", "terabyte"},
    {"PB", "petabyte"},
    {"KiB", "kibibyte"},
    {"MiB", "mebibyte"},
    {"GiB", "gibibyte"},
    {"TiB", "tebibyte"},
    {"Kb", "kilobit"},
    {"Mb", "megabit"},
    {"Gb", "gigabit"},
    {"bps", "bit per second", "bits per second"},
    {"kbps", "kilobit per second", "kilobits per second"},
    {"Kbps", "kilobit per second", "kilobits per second"},
    {"Mbps", "megabit per second", "megabits per second"},
    {"Gbps", "gigabit per second", "gigabits per second"},
    {"fps", "frame per second", "frames per second"},
    {"px", "pixel"},
    {"MP", "megapixel"},
    {"dpi", "dot per inch", "dots per inch"},
    // speed, rates
    {"mph", "mile per hour", "miles per hour"},
    {"kph", "kilometer per hour", "kilometers per hour"},
    {"kmh", "kilometer per hour", "kilometers per hour"},
    {"mpg", "mile per gallon", "miles per gallon"},
    {"rpm", "revolution per minute", "revolutions per minute"},
    {"bpm", "beat per minute", "beats per minute"},
    {"ppm", "part per million", "parts per million"},
    {"kn", "knot"},
});

std::optional<std::string> single_unit(std::string_view symbol, bool is_one, bool is_apart) {
  const auto unit = std::ranges::find(kUnits, symbol, &Unit::symbol);
  if (unit == kUnits.end() || (is_apart && unit->is_only_attached)) return std::nullopt;
  if (is_one) return std::string(unit->one);
  return unit->many.empty() ? english_plural(std::string(unit->one)) : std::string(unit->many);
}

/// What stands behind the slash: "h", "month", "person".
std::optional<std::string> per_what(std::string_view word) {
  constexpr std::array kWords = std::to_array<std::string_view>(
      {"hour", "day",  "week",   "month",   "year",  "night", "person", "minute", "second", "user",
       "mile", "unit", "gallon", "serving", "share", "seat",  "page",   "item",   "acre",   "ton"});
  if (std::ranges::find(kWords, word) != kWords.end()) return std::string(word);
  if (word == "mo") return "month";
  if (word == "wk") return "week";
  if (word == "d") return "day";
  return single_unit(word, true, false);
}

}  // namespace

std::optional<std::string> english_unit(std::string_view symbol, bool is_one, bool is_apart) {
  if (symbol.empty()) return std::nullopt;
  const std::size_t slash = symbol.find('/');
  if (slash == std::string_view::npos) return single_unit(symbol, is_one, is_apart);
  const std::optional<std::string> per = per_what(symbol.substr(slash + 1));
  if (!per) return std::nullopt;
  if (slash == 0) return "per " + *per;
  const std::optional<std::string> what = single_unit(symbol.substr(0, slash), is_one, false);
  if (!what) return std::nullopt;
  return *what + " per " + *per;
}

}  // namespace parley::text
