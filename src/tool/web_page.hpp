#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/url.hpp"

namespace errand::tool {

/// How a body is to be read.
enum class PageKind { html, text };

/// What a Content-Type header says.
struct PageType {
  PageKind kind = PageKind::text;
  std::string charset;  ///< as it is declared; empty: not
  bool operator==(const PageType&) const = default;
};

/// Text of any kind, JSON, XML, XHTML and feeds; an absent type counts as text. Fails with `failure` for others, with
/// the type in a sentence.
Result<PageType> page_type(std::string_view content_type);

enum class PageForm { readable, raw };

/// What came of a fetch.
struct WebPage {
  net::Url url;  ///< where the last redirect led
  PageType type;
  std::string body;  ///< decoded from gzip and the like
  bool body_is_cut = false;
};

/// Characters of a page a model is given.
inline constexpr std::size_t max_page_characters = 100'000;

/// The page for a model: its title, its text (HTML as Markdown with absolute links, unless raw), what is missing from
/// it and why. Sanitised, and marked as content that gives no instructions, in a frame the content can't end. Fails
/// with `failure` for what is no text.
Result<std::string> show_page(const WebPage& page, PageForm form);

}  // namespace errand::tool
