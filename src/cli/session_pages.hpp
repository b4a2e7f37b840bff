#pragma once

#include <string>
#include <vector>

#include "store/upkeep.hpp"

namespace errand::cli {

// Sessions for people to read elsewhere. All text is somebody else's: it is escaped, control characters are shown.

/// Markdown; results stand in code blocks that nothing in them can end.
std::string markdown_of(const store::WholeSession& session);

/// One HTML page that needs nothing else: no scripts, no links, no pictures from anywhere.
std::string html_page(const std::vector<store::WholeSession>& sessions);

}  // namespace errand::cli
