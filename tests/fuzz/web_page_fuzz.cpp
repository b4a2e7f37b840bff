#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/unicode.hpp"
#include "tool/web_page.hpp"

namespace tool = errand::tool;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++out;
  return out;
}

}  // namespace

// The first line is a Content-Type, the rest a body. Whatever it is, the model gets valid UTF-8 in one frame.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto newline = input.find('\n');
  if (newline == std::string_view::npos) return 0;
  const auto type = tool::page_type(input.substr(0, newline));
  if (!type) return 0;
  const auto url = errand::net::parse_url("https://example.com/a/b");
  tool::WebPage page{.url = *url, .type = *type, .body = std::string(input.substr(newline + 1)), .body_is_cut = false};
  for (const auto form : {tool::PageForm::readable, tool::PageForm::raw}) {
    const auto shown = tool::show_page(page, form);
    if (!shown) continue;
    require(errand::unicode::is_valid_utf8(*shown));
    require(count(*shown, "</web_content") == 1 && count(*shown, "<web_content") == 1);
    require(shown->find('\x1B') == std::string::npos);
  }
  return 0;
}
