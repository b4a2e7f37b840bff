#include "repl/editor/pasted_image.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <sys/stat.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "repl/editor/path_words.hpp"

namespace errand::repl {

namespace {

constexpr std::string_view file_address = "file://";
constexpr std::array<std::string_view, 5> image_endings = {".png", ".jpg", ".jpeg", ".gif", ".webp"};
constexpr std::size_t max_path_bytes = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 8089, with the host left out or "localhost".
std::string path_in(std::string_view address) {
  address.remove_prefix(file_address.size());
  if (address.starts_with("localhost/")) address.remove_prefix(std::string_view("localhost").size());
  std::string out;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const bool escaped =
        address[i] == '%' && i + 2 < address.size() && hex_value(address[i + 1]) >= 0 && hex_value(address[i + 2]) >= 0;
    out += escaped ? static_cast<char>(hex_value(address[i + 1]) * 16 + hex_value(address[i + 2])) : address[i];
    if (escaped) i += 2;
  }
  return out;
}

bool ends_as_image(std::string_view path) {
  const auto lower = text::lower(path);
  return std::ranges::any_of(image_endings, [&](std::string_view ending) { return lower.ends_with(ending); });
}

bool is_image(const std::string& path) {
  const char* home = std::getenv("HOME");
  const auto whole = home != nullptr && path.starts_with("~/") ? join_path(home, path.substr(2)) : path;
  struct stat info {};
  return whole.starts_with('/') && ends_as_image(whole) && ::stat(whole.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

std::optional<std::string> image_word(const std::string& pasted) {
  const std::string text(text::trim(pasted));
  if (text.empty() || text.size() > max_path_bytes || text.find('\n') != std::string::npos) return std::nullopt;
  if (text.starts_with(file_address)) {
    const auto path = path_in(text);
    return is_image(path) ? in_form(path, PathForm::at) : std::nullopt;
  }
  if (is_image(text)) return in_form(text, PathForm::at);
  const auto word = shell_word_at_end(text);
  return word.from == 0 && is_image(word.typed) ? in_form(word.typed, PathForm::at) : std::nullopt;
}

}  // namespace errand::repl
