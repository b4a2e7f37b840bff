#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rewrites.hpp"
#include "render/excerpt.hpp"
#include "render/page.hpp"
#include "render/running.hpp"

namespace errand::render {

/// A command that the person runs, on the page: a live line with its newest output while it runs, the first and the
/// last lines of what it printed. Called with the page's lock held; borrows the page.
class OwnCommand {
 public:
  explicit OwnCommand(Page& page) : page_(page) {}

  void begin(std::string_view command);
  /// What it printed next; a '\r' begins its line again. Nothing happens where none runs.
  void said(std::string_view harmless);
  /// `left_out` says how to see the lines that are not shown.
  void end(std::string_view left_out);

 private:
  [[nodiscard]] std::vector<std::string> newest() const;
  void put(const std::vector<std::string>& lines);
  void put_whole(std::string_view lines);
  void note(const std::string& text);

  Page& page_;
  std::optional<Excerpt> output_;  // none: none runs
  text::RewrittenLines lines_;     // where a pipe takes all
};

}  // namespace errand::render
