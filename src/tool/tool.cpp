#include "tool/tool.hpp"

#include <utility>

#include "base/json.hpp"

namespace errand::tool {

Output text_output(std::string text) {
  Output out;
  out.content.emplace_back(chat::Text{std::move(text)});
  return out;
}

std::vector<Target> Tool::targets(const Json& /*input*/) const {
  return {};
}

std::string Tool::subject(const Json& /*input*/) const {
  return {};
}

Result<std::string> Tool::preview(const Json& /*input*/, const Context& /*context*/) const {
  return std::string();
}

}  // namespace errand::tool
