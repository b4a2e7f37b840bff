#include "store/search_text.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"

namespace errand::store {

namespace {

// The inputs of tools that name a file or directory.
constexpr std::array<std::string_view, 3> path_keys = {"file_path", "path", "notebook_path"};

std::string bounded(const std::string& text) {
  if (text.size() <= 2 * max_searchable_end_bytes) return text;
  const std::string_view whole = text;
  const auto head = unicode::char_border_before(whole, max_searchable_end_bytes);
  const auto tail = unicode::char_border_before(whole, whole.size() - max_searchable_end_bytes);
  return std::string(whole.substr(0, head)) + "\n" + std::string(whole.substr(tail));
}

const Json* member(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::string string_at(const Json& object, std::string_view key) {
  const auto* found = member(object, key);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

// The parser bounds how deep this goes.
void append_values(std::string& out, const Json& value) {
  if (value.is_structured()) {
    for (const auto& item : value) append_values(out, item);
  } else if (value.is_string()) {
    out += '\n' + value.get<std::string>();
  } else if (value.is_number()) {
    out += '\n' + chat::dump(value);
  }
}

void add_once(std::vector<std::string>& list, const std::string& item) {
  if (!item.empty() && std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

void add_call(Searchable& out, const Json& block) {
  const auto name = string_at(block, "name");
  auto text = name;
  if (const auto* input = member(block, "input")) {
    append_values(text, *input);
    for (const auto key : path_keys) add_once(out.paths, string_at(*input, key));
    if (input->empty()) text += '\n' + string_at(block, "input_raw");  // what the model wrote was no JSON object
  }
  add_once(out.tools, name);
  out.parts.push_back({bounded(text), name});
}

void add_block(Searchable& out, const Json& block, const std::string& tool) {
  const auto type = string_at(block, "type");
  if (type == "text") out.parts.push_back({bounded(string_at(block, "text")), tool});
  if (type == "document" && !string_at(block, "title").empty()) out.parts.push_back({string_at(block, "title"), tool});
  if (type == "tool_use") add_call(out, block);
}

Searchable read(std::string_view type, const Json& message) {
  Searchable out;
  const auto tool = type == "tool_result" ? string_at(message, "name") : std::string();
  add_once(out.tools, tool);
  const auto* content = member(message, "content");
  if (content == nullptr) return out;
  if (content->is_string()) out.parts.push_back({bounded(content->get<std::string>()), tool});
  if (content->is_array()) {
    for (const auto& block : *content) add_block(out, block, tool);
  }
  return out;
}

}  // namespace

std::string Searchable::text() const {
  std::string out;
  for (const auto& part : parts) {
    out += part.text;
    out += '\n';
  }
  return out;
}

Searchable searchable_of(std::string_view type, const std::string& json) {
  const auto message = chat::parse_json(json);
  return message ? read(type, *message) : Searchable();
}

std::vector<std::string> files_written(const std::string& done_json) {
  std::vector<std::string> out;
  const auto done = chat::parse_json(done_json);
  if (!done) return out;
  const auto* report = member(*done, "report");
  const auto* files = report != nullptr ? member(*report, "files_written") : nullptr;
  if (files == nullptr || !files->is_array()) return out;
  for (const auto& file : *files) {
    if (file.is_string()) out.push_back(file.get<std::string>());
  }
  return out;
}

}  // namespace errand::store
