#include "store/reference.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/id.hpp"
#include "base/text.hpp"
#include "base/unicode.hpp"

namespace errand::store {

namespace {

constexpr std::size_t max_name_bytes = 200;
constexpr int max_rank = 1'000'000;

constexpr std::string_view reference_help =
    "write an id or its beginning, a name, latest, or -2 for the one before; see \"errand sessions list\"";

// Also what refuses control characters in error texts.
std::string quoted(std::string_view text) {
  return fmt::format("\"{}\"", text::ellipsize(unicode::sanitize(text), 80));
}

bool is_plain(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == 0x7F; };
  return !text.empty() && text.size() <= max_name_bytes && unicode::is_valid_utf8(text) &&
         std::none_of(text.begin(), text.end(), is_control);
}

bool looks_like_id_part(std::string_view text) {
  return text.size() >= min_prefix && text.size() < 36 &&
         text.find_first_not_of("0123456789abcdef-") == std::string_view::npos;
}

Result<Reference> parse_rank(std::string_view text) {
  int rank = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + 1, end, rank);
  if (parsed.ec != std::errc{} || parsed.ptr != end || rank < 1 || rank > max_rank) {
    return fail(ErrorKind::usage, fmt::format("{} is no session reference", quoted(text)), std::string(reference_help));
  }
  return Rank{rank};
}

Result<Reference> no_run_reference(std::string_view text) {
  return fail(ErrorKind::usage, fmt::format("{} is no run reference", quoted(text)),
              "write an id or its beginning, latest, or -2 for the one before; see \"errand runs\"");
}

}  // namespace

Result<Reference> parse_reference(std::string_view text) {
  if (!is_plain(text)) {
    return fail(ErrorKind::usage, fmt::format("{} is no session reference", quoted(text)), std::string(reference_help));
  }
  if (text == "latest") return Rank{1};
  if (text.starts_with('-')) return parse_rank(text);
  if (is_uuid(text)) return FullId{std::string(text)};
  return Word{std::string(text), looks_like_id_part(text)};
}

Result<void> check_name(std::string_view name) {
  if (is_plain(name) && name != "latest" && !name.starts_with('-') && !is_uuid(name)) return {};
  return fail(
      ErrorKind::usage, fmt::format("{} can't be a session's name", quoted(name)),
      fmt::format("a name is one line of at most {} bytes, is no id, is not \"latest\" and starts with no \"-\"",
                  max_name_bytes));
}

Result<Reference> parse_run_reference(std::string_view text) {
  auto parsed = is_plain(text) ? parse_reference(text) : no_run_reference(text);
  const auto* word = parsed ? std::get_if<Word>(&*parsed) : nullptr;
  if (!parsed) return no_run_reference(text);
  if (word != nullptr && !word->may_be_prefix) return no_such_run(text);
  return parsed;
}

tl::unexpected<Error> no_such_run(std::string_view reference) {
  return fail(ErrorKind::failure, fmt::format("no run {}", quoted(reference)),
              "write an id or its beginning, latest, or -2 for the one before; see \"errand runs --all\"");
}

Result<void> check_lock_name(std::string_view name) {
  if (is_plain(name)) return {};
  return fail(ErrorKind::usage, fmt::format("{} can't be a lock's name", quoted(name)),
              fmt::format("a name is one line of at most {} bytes", max_name_bytes));
}

Result<void> check_id(std::string_view id) {
  if (is_uuid(id)) return {};
  return fail(ErrorKind::failure, fmt::format("{} is no session id", quoted(id)), "see \"errand sessions list\"");
}

tl::unexpected<Error> no_such_session(std::string_view reference) {
  return fail(ErrorKind::failure, fmt::format("no session {}", quoted(reference)), "see \"errand sessions list\"");
}

}  // namespace errand::store
