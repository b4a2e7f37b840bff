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
constexpr std::size_t max_whole_bytes = std::size_t{64} << 20U;
constexpr std::string_view names_place = " bytes are in ";
const std::string names_how = ", to be read in pieces with Read";

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
  const auto note = fmt::format("all {}{}{}", text.size(), names_place, out.saved_to + names_how);
  out.content.emplace_back(chat::Text{text::preview(text, max_result_bytes, note).text});
  for (auto& block : content) {
    if (!std::holds_alternative<chat::Text>(block)) out.content.push_back(std::move(block));
  }
  return out;
}

// The text is a tool's, and may name any place: one file name in that directory is what we have written there.
std::optional<std::string> whole_result(std::string_view fitted, const std::string& directory) {
  if (directory.empty()) return std::nullopt;
  const auto place = fmt::format("{}{}/", names_place, directory);
  const auto at = fitted.rfind(place);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = fitted.substr(at + place.size());
  const auto name = rest.substr(0, rest.find(names_how));
  constexpr std::string_view ending = ".txt";
  if (name.size() == rest.size() || !name.ends_with(ending)) return std::nullopt;
  if (!std::ranges::all_of(name.substr(0, name.size() - ending.size()), is_plain)) return std::nullopt;
  auto whole = read_file(join_path(directory, std::string(name)), max_whole_bytes);
  return whole ? std::optional(*std::move(whole)) : std::nullopt;
}

}  // namespace errand::agent
