#include "agent/result_text.hpp"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"

namespace errand::agent {

namespace {

constexpr std::size_t max_id_in_file_name = 64;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// A call's id is the model's text: what is no plain file name is replaced by a hash of it.
std::string name_for(const std::string& call_id) {
  if (!call_id.empty() && call_id.size() <= max_id_in_file_name && std::ranges::all_of(call_id, is_plain))
    return call_id;
  return fmt::format("call-{:016x}", std::hash<std::string>{}(call_id));
}

// Ids may repeat between turns (some servers count from 0 each time); no result replaces another.
std::string free_path(const std::string& directory, const std::string& name) {
  auto path = join_path(directory, name + ".txt");
  for (int n = 2; path_exists(path); ++n) path = join_path(directory, fmt::format("{}-{}.txt", name, n));
  return path;
}

std::string all_text(const std::vector<chat::UserBlock>& content) {
  return chat::text_of(content);
}

void sanitize_text(std::vector<chat::UserBlock>& content) {
  for (auto& block : content) {
    if (auto* part = std::get_if<chat::Text>(&block)) part->text = unicode::sanitize(part->text);
  }
}

}  // namespace

Result<FittedResult> fit_result(std::vector<chat::UserBlock> content, const std::string& directory,
                                const std::string& call_id) {
  sanitize_text(content);
  FittedResult out;
  const auto text = all_text(content);
  if (text.size() <= max_result_bytes) {
    out.content = std::move(content);
    return out;
  }
  out.truncated = true;
  out.saved_to = free_path(directory, name_for(call_id));
  if (auto saved = write_file_atomic(out.saved_to, text, 0600); !saved) {
    auto error = std::move(saved).error();
    error.kind = ErrorKind::storage;
    return fail(std::move(error).within("while saving a tool's result"));
  }
  const auto note = fmt::format("all {} bytes are in {}, to be read in pieces with Read", text.size(), out.saved_to);
  out.content.emplace_back(chat::Text{text::preview(text, max_result_bytes, note).text});
  for (auto& block : content) {
    if (!std::holds_alternative<chat::Text>(block)) out.content.push_back(std::move(block));
  }
  return out;
}

}  // namespace errand::agent
