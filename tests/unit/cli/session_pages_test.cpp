#include "cli/session_pages.hpp"

#include <catch2/catch.hpp>

#include "base/json.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "contract/store/samples.hpp"

using namespace errand;
using namespace errand::cli;
using namespace errand::test;

namespace {

store::WholeSession saying(const std::string& text) {
  store::WholeSession out;
  out.info.start.title = text;
  const chat::ToolResult result{"c", {chat::Text{text}}, false};
  for (const auto& body : std::vector<chat::EventBody>{
           chat::event::User{"u", {{chat::Text{text}}}}, chat::event::ToolUse{"c", "Bash", "{}", text},
           chat::event::ToolResult{"t", result, "Bash", {}, false, ""}, chat::event::Warning{"w", text}}) {
    out.records.push_back(
        {1, std::string(chat::type_of(body)), "", "", "root", at(1), chat::dump(chat::body_json(body))});
  }
  return out;
}

}  // namespace

TEST_CASE("session pages: nothing that was said becomes part of the page", "[cli][session_pages]") {
  const auto page = html_page({saying("<script>alert('x')</script>\" onload=\"&amp; \x1b[2J")});
  CHECK(page.find("<script") == std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot; onload=&quot;&amp;amp;") != std::string::npos);
  CHECK(page.find("default-src 'none'") != std::string::npos);
}

TEST_CASE("session pages: a code block ends where the result does", "[cli][session_pages]") {
  const auto page = markdown_of(saying("one\n````\n# not a heading"));
  CHECK(page.find("\n`````\none\n````\n# not a heading\n`````\n") != std::string::npos);
  CHECK(page.starts_with("# one ```` # not a heading\n"));
}
