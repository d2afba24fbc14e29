// SPDX-License-Identifier: Apache-2.0
//
// One pass over the schema writes one rule per value. A rule's name is its number, so that names in
// the schema never meet the grammar's syntax; they appear only inside quoted literals.
#include "backend/llama/json_grammar.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include <boost/json.hpp>

#include "backend/llama/integer_range_grammar.h"

namespace parley::backend {
namespace {

namespace json = boost::json;

std::string repeated(const std::string& what, std::int64_t low, std::int64_t high) {
  if (high <= 0) return "\"\"";
  return what + "{" + std::to_string(low) + "," + std::to_string(high) + "}";
}

/// A bound of the schema as a finite number.
std::optional<double> number_at(const json::object& schema, std::string_view key) {
  const json::value* value = schema.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double number = value->to_number<double>();
  return std::isfinite(number) ? std::optional(number) : std::nullopt;
}

std::int64_t count_at(const json::object& schema, std::string_view key, std::int64_t otherwise) {
  const std::optional<double> count = number_at(schema, key);
  if (!count || *count < 0 || *count > 1e6) return otherwise;
  return static_cast<std::int64_t>(*count);
}

struct Bounds {
  std::int64_t low = -kIntegerMax;
  std::int64_t high = kIntegerMax;
  [[nodiscard]] bool empty() const { return low > high; }
};

std::int64_t clamped(double value) {
  constexpr auto kLimit = static_cast<double>(kIntegerMax);
  return static_cast<std::int64_t>(std::clamp(value, -kLimit, kLimit));
}

/// The integers that the bounds allow.
Bounds integer_bounds(const json::object& schema) {
  Bounds bounds;
  if (const auto least = number_at(schema, "minimum")) bounds.low = clamped(std::ceil(*least));
  if (const auto below = number_at(schema, "exclusiveMinimum")) {
    bounds.low = std::max(bounds.low, clamped(std::floor(*below)) + 1);
  }
  if (const auto most = number_at(schema, "maximum")) bounds.high = clamped(std::floor(*most));
  if (const auto above = number_at(schema, "exclusiveMaximum")) {
    bounds.high = std::min(bounds.high, clamped(std::ceil(*above)) - 1);
  }
  bounds.low = std::max(bounds.low, -kIntegerMax);
  bounds.high = std::min(bounds.high, kIntegerMax);
  return bounds;
}

class GrammarWriter {
 public:
  explicit GrammarWriter(const json::object& root) : root_(root) {}

  std::string write() {
    const std::string arguments = object_rule(root_, 0);
    return finish(arguments);
  }
  std::string write_any_object() { return finish(free_object(kFreeDepthMax)); }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  std::string finish(const std::string& start) {
    std::string grammar = "root ::= space " + start + "\n";
    for (std::size_t i = 0; i < rules_.size(); ++i) {
      grammar += "r" + std::to_string(i) + " ::= " + rules_[i] + "\n";
    }
    grammar += "space ::= \" \"?\n";
    grammar += "character ::= [^\"\\\\\\x00-\\x1F\\x7F] | \"\\\\\" [\"\\\\/bfnrt]\n";
    return grammar;
  }

  std::string add_rule(std::string body) {
    if (rules_.size() >= kGrammarRulesMax) has_failed_ = true;
    if (has_failed_) return "space";
    rules_.push_back(std::move(body));
    return "r" + std::to_string(rules_.size() - 1);
  }

  std::string value_rule(const json::value& schema, int depth) {
    if (depth > kSchemaDepthMax) has_failed_ = true;
    if (has_failed_) return "space";
    const json::object* object = schema.if_object();
    if (object == nullptr) return free_value(kFreeDepthMax);  // true, or none at all
    if (const json::value* reference = object->if_contains("$ref")) {
      return reference_rule(*reference, depth);
    }
    if (const json::value* constant = object->if_contains("const")) {
      return add_rule(grammar_literal(json::serialize(*constant)));
    }
    if (const json::value* values = object->if_contains("enum")) return enum_rule(*values);
    for (const char* key : {"anyOf", "oneOf"}) {
      if (const json::value* choices = object->if_contains(key)) {
        return choice_rule(*choices, depth);
      }
    }
    if (const json::value* all = object->if_contains("allOf")) {
      const json::array* members = all->if_array();
      if (members != nullptr && members->size() == 1) return value_rule((*members)[0], depth + 1);
      return free_value(kFreeDepthMax);
    }
    return typed_rule(*object, depth);
  }

  std::string typed_rule(const json::object& schema, int depth) {
    const json::value* type = schema.if_contains("type");
    if (type == nullptr) {
      if (schema.contains("properties")) return object_rule(schema, depth);
      if (schema.contains("items")) return array_rule(schema, depth);
      return free_value(kFreeDepthMax);
    }
    if (const json::array* types = type->if_array(); types != nullptr && !types->empty()) {
      std::string body;
      for (const json::value& one : *types) {
        if (!body.empty()) body += " | ";
        body += one.is_string() ? rule_of_type(one.get_string(), schema, depth + 1)
                                : free_value(kFreeDepthMax);
      }
      return add_rule(body);
    }
    if (!type->is_string()) return free_value(kFreeDepthMax);
    return rule_of_type(type->get_string(), schema, depth);
  }

  std::string rule_of_type(std::string_view type, const json::object& schema, int depth) {
    if (type == "object") return object_rule(schema, depth);
    if (type == "array") return array_rule(schema, depth);
    if (type == "string") return string_rule(schema);
    if (type == "integer") return integer_rule(schema);
    if (type == "number") return number_rule(schema);
    if (type == "boolean") return add_rule("\"true\" | \"false\"");
    if (type == "null") return add_rule("\"null\"");
    return free_value(kFreeDepthMax);
  }

  std::string reference_rule(const json::value& reference, int depth) {
    const json::string* path = reference.if_string();
    if (path == nullptr) return free_value(kFreeDepthMax);
    const std::string name(*path);
    if (const auto known = references_.find(name); known != references_.end()) return known->second;
    for (const std::string_view folder : {"$defs", "definitions"}) {
      const std::string prefix = "#/" + std::string(folder) + "/";
      if (!name.starts_with(prefix)) continue;
      const json::value* definitions = root_.if_contains(folder);
      if (definitions == nullptr || !definitions->is_object()) break;
      const json::value* target = definitions->get_object().if_contains(name.substr(prefix.size()));
      if (target == nullptr) break;
      // The name is there before the rule is: a definition may contain itself.
      const std::size_t index = rules_.size();
      const std::string rule = add_rule("");
      if (has_failed_) return rule;
      references_.emplace(name, rule);
      std::string body = value_rule(*target, depth + 1);
      rules_[index] = std::move(body);
      return rule;
    }
    return free_value(kFreeDepthMax);
  }

  std::string enum_rule(const json::value& values) {
    const json::array* list = values.if_array();
    if (list == nullptr || list->empty()) return free_value(kFreeDepthMax);
    std::string body;
    for (const json::value& one : *list) {
      if (!body.empty()) body += " | ";
      body += grammar_literal(json::serialize(one));
    }
    return add_rule(body);
  }

  std::string choice_rule(const json::value& choices, int depth) {
    const json::array* list = choices.if_array();
    if (list == nullptr || list->empty()) return free_value(kFreeDepthMax);
    std::string body;
    for (const json::value& one : *list) {
      if (!body.empty()) body += " | ";
      body += value_rule(one, depth + 1);
    }
    return add_rule(body);
  }

  std::string string_rule(const json::object& schema) {
    const std::int64_t longest = std::min<std::int64_t>(
        count_at(schema, "maxLength", kStringCharactersMax),
        std::max<std::int64_t>(kStringCharactersMax, count_at(schema, "minLength", 0)));
    const std::int64_t least = std::min(count_at(schema, "minLength", 0), longest);
    if (longest > kArgumentStringMax) return free_string();
    return add_rule("\"\\\"\" " + repeated("character", least, longest) + " \"\\\"\"");
  }

  std::string integer_rule(const json::object& schema) {
    const Bounds bounds = integer_bounds(schema);
    if (bounds.empty()) return free_value(kFreeDepthMax);
    return add_rule(grammar_of_range(bounds.low, bounds.high));
  }

  /// An integer of the range, or, from zero up and while the next integer is in the range too, one
  /// with a fraction.
  std::string number_rule(const json::object& schema) {
    const Bounds bounds = integer_bounds(schema);
    if (bounds.empty()) return narrow_number_rule(schema);
    std::string body = grammar_of_range(bounds.low, bounds.high);
    const std::int64_t low = std::max<std::int64_t>(bounds.low, 0);
    if (low < bounds.high) {
      body += " | (" + grammar_of_range(low, bounds.high - 1) + ") \".\" [0-9]{1,6}";
    }
    if (bounds.low == -kIntegerMax && bounds.high >= 0) {
      body += " | (" + grammar_of_range(1 - kIntegerMax, -1) + " | \"-0\") \".\" [0-9]{1,6}";
    }
    return add_rule(body);
  }

  /// A range without any integer, such as 0.2 to 0.8: its middle.
  std::string narrow_number_rule(const json::object& schema) {
    const auto first =
        number_at(schema, schema.contains("minimum") ? "minimum" : "exclusiveMinimum");
    const auto last =
        number_at(schema, schema.contains("maximum") ? "maximum" : "exclusiveMaximum");
    if (!first || !last || *first > *last) return free_value(kFreeDepthMax);
    return add_rule(grammar_literal(json::serialize(json::value((*first + *last) / 2))));
  }

  std::string array_rule(const json::object& schema, int depth) {
    const json::value* items = schema.if_contains("items");
    const std::int64_t least = count_at(schema, "minItems", 0);
    const std::int64_t most = std::max(
        least,
        std::min<std::int64_t>(count_at(schema, "maxItems", kArrayItemsMax), kArrayItemsMax));
    if (most == 0) return add_rule("\"[\" space \"]\"");
    if (most > kArgumentStringMax) return free_value(kFreeDepthMax);
    const std::string item = items == nullptr ? free_value(1) : value_rule(*items, depth + 1);
    const std::string more = repeated("(space \",\" space " + item + ")",
                                      std::max<std::int64_t>(least - 1, 0), most - 1);
    const std::string list = item + " " + more;
    return add_rule("\"[\" space " + (least > 0 ? list : "(" + list + ")?") + " space \"]\"");
  }

  std::string object_rule(const json::object& schema, int depth) {
    const json::value* listed = schema.if_contains("properties");
    const json::object* properties = listed == nullptr ? nullptr : listed->if_object();
    if (properties == nullptr || properties->empty()) {
      const json::value* additional = schema.if_contains("additionalProperties");
      const bool is_closed = additional != nullptr && *additional == false;
      const bool says_nothing = listed != nullptr || is_closed;
      return says_nothing ? add_rule("\"{\" space \"}\"") : free_object(kFreeDepthMax);
    }
    std::vector<std::string> members;
    std::vector<bool> required;
    for (const json::key_value_pair& one : *properties) {
      members.push_back(add_rule(grammar_literal(json::serialize(json::string(one.key()))) +
                                 " space \":\" space " + value_rule(one.value(), depth + 1)));
      required.push_back(is_required(schema, one.key()));
    }
    return add_rule("\"{\" space " + member_list(members, required) + " space \"}\"");
  }

  /// From the last member to the first, two rules each: what may come from here on when something
  /// came before (a comma is needed), and when nothing did.
  std::string member_list(const std::vector<std::string>& members,
                          const std::vector<bool>& required) {
    std::string after = add_rule("\"\"");
    std::string fresh = after;
    for (std::size_t i = members.size(); i-- > 0;) {
      const std::string with_comma = "space \",\" space " + members[i] + " " + after;
      const std::string alone = members[i] + " " + after;
      const std::string next_after =
          add_rule(required[i] ? with_comma : with_comma + " | " + after);
      fresh = add_rule(required[i] ? alone : alone + " | " + fresh);
      after = next_after;
    }
    return fresh;
  }

  static bool is_required(const json::object& schema, std::string_view name) {
    const json::value* listed = schema.if_contains("required");
    const json::array* names = listed == nullptr ? nullptr : listed->if_array();
    return names != nullptr &&
           std::any_of(names->begin(), names->end(), [&](const json::value& one) {
             return one.is_string() && std::string_view(one.get_string()) == name;
           });
  }

  std::string free_string() {
    return cached("string", [] {
      return "\"\\\"\" " + repeated("character", 0, kStringCharactersMax) + " \"\\\"\"";
    });
  }
  std::string free_object(int depth) {
    const std::string value = free_value(depth);
    const std::string text = free_string();
    return cached("object" + std::to_string(depth), [&] {
      const std::string member = text + " space \":\" space " + value;
      return "\"{\" space (" + member + " " +
             repeated("(space \",\" space " + member + ")", 0, kArrayItemsMax - 1) +
             ")? space \"}\"";
    });
  }
  std::string free_value(int depth) {
    const std::string text = free_string();
    const std::string nested =
        depth > 0 ? " | " + free_object(depth - 1) + " | " + free_array(depth - 1) : std::string();
    return cached("value" + std::to_string(depth), [&] {
      return text + " | (" + grammar_of_range(-kIntegerMax, kIntegerMax) +
             ") (\".\" [0-9]{1,6})? | \"true\" | \"false\" | \"null\"" + nested;
    });
  }
  std::string free_array(int depth) {
    const std::string value = free_value(depth);
    return cached("array" + std::to_string(depth), [&] {
      return "\"[\" space (" + value + " " +
             repeated("(space \",\" space " + value + ")", 0, kArrayItemsMax - 1) +
             ")? space \"]\"";
    });
  }

  template <typename Body>
  std::string cached(const std::string& name, Body body) {
    if (const auto known = shared_.find(name); known != shared_.end()) return known->second;
    const std::string rule = add_rule(body());
    if (!has_failed_) shared_.emplace(name, rule);
    return rule;
  }

  // Repetitions are written out by llama.cpp, one rule each.
  static constexpr std::int64_t kArgumentStringMax = 1000;

  const json::object& root_;
  std::vector<std::string> rules_;
  std::map<std::string, std::string> references_;  // "$ref" text → rule
  std::map<std::string, std::string> shared_;      // rules for "any value"
  bool has_failed_ = false;
};

}  // namespace

std::string grammar_of_arguments(std::string_view schema) {
  if (schema.empty()) return "root ::= \" \"? \"{}\"\n";
  if (schema.size() > kSchemaBytesMax) return grammar_of_any_object();
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = std::size_t{kSchemaDepthMax} * 2;
  const json::value parsed = json::parse(schema, error, {}, options);
  if (error || !parsed.is_object()) return grammar_of_any_object();
  GrammarWriter writer(parsed.get_object());
  std::string grammar = writer.write();
  if (writer.has_failed()) return grammar_of_any_object();
  return grammar;
}

std::string grammar_of_any_object() {
  const json::object nothing;
  return GrammarWriter(nothing).write_any_object();
}

std::string grammar_literal(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      literal += '\\';
      literal += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      literal += "\\x";
      literal += kHex[byte >> 4];
      literal += kHex[byte & 15];
    } else {
      literal += c;
    }
  }
  literal += '"';
  return literal;
}

}  // namespace parley::backend
