#include "cli/output_schema.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/json_schema.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "chat/codec.hpp"
#include "cli/given_file.hpp"

namespace errand::cli {

namespace {

// As agents.yaml takes them.
constexpr std::size_t max_schema_bytes = std::size_t{256} << 10U;
constexpr std::size_t max_nesting = 100;

// A file is not likely to be called so.
bool is_json(std::string_view given) {
  return text::trim(given).starts_with('{');
}

// Where `bytes` characters of `text` end.
Location place_behind(std::string_view text, std::size_t bytes, std::string file) {
  const auto before = text.substr(0, std::min(bytes, text.size()));
  const auto line_start = before.rfind('\n') + 1;  // npos wraps to 0
  return {.file = std::move(file),
          .line = static_cast<int>(std::ranges::count(before, '\n')) + 1,
          .column = static_cast<int>(before.size() - line_start) + 1};
}

Result<Json> parse(const std::string& text, ErrorKind kind, const std::string& file) {
  if (chat::nests_deeper_than(text, max_nesting)) {
    return fail(kind, fmt::format("the output schema is nested deeper than {} levels", max_nesting));
  }
  try {
    auto schema = Json::parse(text);
    if (schema.is_object()) return schema;
    return fail(kind, "the output schema is no JSON object");
  } catch (const Json::parse_error& e) {
    Error error{.kind = kind, .message = "the output schema is no JSON"};
    error.where = place_behind(text, e.byte == 0 ? 0 : e.byte - 1, file);
    return fail(std::move(error));
  }
}

}  // namespace

Result<std::string> read_output_schema(const std::string& given, const Call& call) {
  const bool is_text = is_json(given);
  const auto kind = is_text ? ErrorKind::usage : ErrorKind::config;
  const std::string file = is_text ? "--output-schema" : given;
  std::string text = given;
  if (!is_text) {
    ERRAND_TRY_ASSIGN(text, read_given_file(given, call, max_schema_bytes));
  }
  ERRAND_TRY_ASSIGN(const auto schema, parse(text, kind, file));
  if (auto usable = json_schema::check_schema(schema); !usable) {
    auto error = std::move(usable).error();
    error.kind = kind;
    error.where = Location{.file = file};
    return fail(std::move(error));
  }
  return schema.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace errand::cli
