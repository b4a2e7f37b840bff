#include "cli/map_prompt.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "cli/prompt_input.hpp"
#include "config/variables.hpp"

namespace errand::cli {

namespace {

constexpr const char* whole_record = "line";

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : chat::dump(value);
}

tl::unexpected<Error> no_field(const std::string& name, const Json& record) {
  std::vector<std::string> known;
  if (record.is_object()) {
    for (const auto& [key, value] : record.items()) known.push_back(key);
  }
  return fail(ErrorKind::usage, fmt::format("the record has no field \"{}\"", name),
              known.empty() ? "it is no object with fields" : text::suggest(name, known, "fields"));
}

Result<void> check_text(const std::string& record) {
  if (record.find('\0') == std::string::npos && unicode::is_valid_utf8(record)) return {};
  return fail(ErrorKind::usage, "the record is binary data, not text");
}

}  // namespace

Json input_of(const std::string& record, RecordForm form) {
  if (form == RecordForm::line) return record;
  auto parsed = chat::parse_json(record);
  return parsed ? *std::move(parsed) : Json(record);
}

MapPrompt::MapPrompt(chat::UserMessage message, RecordForm form, PromptIs what)
    : message_(std::move(message)), form_(form), what_(what) {
  names_ = config::variables_in(text());
  if (form_ == RecordForm::line) std::erase_if(names_, [](const auto& name) { return name != whole_record; });
}

const std::string& MapPrompt::text() const {
  return std::get<chat::Text>(message_.content.front()).text;
}

Result<chat::UserMessage> MapPrompt::with(const std::string& record) const {
  ERRAND_TRY(check_text(record));
  Json fields;
  if (form_ == RecordForm::json) {
    auto parsed = chat::parse_json(record);
    if (!parsed) return fail(ErrorKind::usage, fmt::format("the record is no JSON: {}", parsed.error().message));
    fields = *std::move(parsed);
  }
  std::map<std::string, std::string> values;
  for (const auto& name : names_) {
    const bool may_be_field = what_ == PromptIs::words && fields.is_object();
    const auto found = may_be_field ? fields.find(name) : fields.end();
    if (may_be_field && found != fields.end()) {
      values[name] = as_text(*found);
    } else if (name == whole_record) {
      values[name] = record;
    } else {
      return no_field(name, fields);
    }
  }
  auto out = message_;
  if (names_.empty()) {
    out.content.insert(out.content.begin() + 1, chat::Text{stdin_block(record)});
  } else {
    std::get<chat::Text>(out.content.front()).text = config::expand(text(), values);
  }
  return out;
}

}  // namespace errand::cli
