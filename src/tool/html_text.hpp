#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace errand::tool {

/// A web page as text for a model.
struct PageText {
  std::string title;
  std::string text;           ///< Markdown: headings, lists, tables, code, links; ends in '\n' unless empty
  bool needs_script = false;  ///< next to nothing is in it before its scripts ran
  bool is_cut = false;        ///< it is nested too deeply to be read to its end
};

/// The absolute URL of a link; empty: the link is shown as its text alone.
using ResolveLink = std::function<std::string(std::string_view href)>;

/// Reads HTML, however broken. Scripts, styles, images, frames, forms' fields and what the page hides are left out;
/// nothing is fetched and no entity but HTML's own is expanded. `html` is UTF-8, at most some megabytes: the whole tree
/// is in memory meanwhile. Not sanitised. Fails with `failure` where libxml2, which is loaded when first needed, is
/// missing.
Result<PageText> html_to_text(std::string_view html, const ResolveLink& resolve);

}  // namespace errand::tool
