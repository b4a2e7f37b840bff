#include "tool/file_types.hpp"

#include <algorithm>
#include <array>

namespace errand::tool {

namespace {

constexpr std::array types = {
    FileType{"ada", "*.{adb,ads}"},
    FileType{"asm", "*.{asm,s,S}"},
    FileType{"awk", "*.awk"},
    FileType{"bazel", "{*.{bzl,bazel},BUILD,WORKSPACE}"},
    FileType{"c", "*.{c,h,H}"},
    FileType{"clojure", "*.{clj,cljc,cljs,cljx,edn}"},
    FileType{"cmake", "{*.cmake,CMakeLists.txt}"},
    FileType{"config", "*.{cfg,conf,config,ini}"},
    FileType{"cpp", "*.{C,cc,cpp,cxx,c++,H,h,hh,hpp,hxx,h++,inl,ipp}"},
    FileType{"cs", "*.cs"},
    FileType{"css", "*.{css,scss,sass,less}"},
    FileType{"csv", "*.csv"},
    FileType{"cuda", "*.{cu,cuh}"},
    FileType{"cython", "*.{pyx,pxi,pxd}"},
    FileType{"d", "*.d"},
    FileType{"dart", "*.dart"},
    FileType{"diff", "*.{patch,diff}"},
    FileType{"docker", "{*Dockerfile*,*.dockerfile}"},
    FileType{"elixir", "*.{ex,eex,exs,heex,leex}"},
    FileType{"elm", "*.elm"},
    FileType{"erlang", "*.{erl,hrl}"},
    FileType{"fish", "*.fish"},
    FileType{"fortran", "*.{f,F,f77,F77,f90,F90,f95,F95,pfo}"},
    FileType{"fsharp", "*.{fs,fsx,fsi}"},
    FileType{"go", "*.go"},
    FileType{"graphql", "*.{graphql,graphqls}"},
    FileType{"groovy", "*.{groovy,gradle}"},
    FileType{"h", "*.{h,hh,hpp}"},
    FileType{"haskell", "*.{hs,lhs,c2hs,cpphs}"},
    FileType{"html", "*.{htm,html,ejs}"},
    FileType{"java", "*.{java,jsp,jspx,properties}"},
    FileType{"js", "*.{js,jsx,vue,cjs,mjs}"},
    FileType{"json", "*.{json,jsonl,json5}"},
    FileType{"julia", "*.jl"},
    FileType{"kotlin", "*.{kt,kts}"},
    FileType{"lisp", "*.{el,jl,lisp,lsp,sc,scm}"},
    FileType{"lock", "{*.lock,package-lock.json,pnpm-lock.yaml}"},
    FileType{"log", "*.log"},
    FileType{"lua", "*.lua"},
    FileType{"make", "{[Mm]akefile,GNUmakefile,[Mm]akefile.{am,in,inc},*.{mk,mak}}"},
    FileType{"markdown", "*.{md,markdown,mdown,mdwn,mdx,mkd,mkdn}"},
    FileType{"matlab", "*.m"},
    FileType{"md", "*.{md,markdown,mdown,mdwn,mdx,mkd,mkdn}"},
    FileType{"meson", "{meson.build,meson_options.txt,meson.options}"},
    FileType{"nim", "*.{nim,nimf,nimble,nims}"},
    FileType{"nix", "*.nix"},
    FileType{"objc", "*.{h,m}"},
    FileType{"ocaml", "*.{ml,mli,mll,mly}"},
    FileType{"org", "*.{org,org_archive}"},
    FileType{"perl", "*.{perl,pl,PL,plh,plx,pm,t}"},
    FileType{"php", "*.{php,php3,php4,php5,php7,php8,pht,phtml}"},
    FileType{"proto", "*.proto"},
    FileType{"ps", "*.{ps1,psm1,psd1,cdxml,ps1xml}"},
    FileType{"py", "*.{py,pyi}"},
    FileType{"python", "*.{py,pyi}"},
    FileType{"r", "*.{R,r,Rmd,Rnw}"},
    FileType{"rst", "*.rst"},
    FileType{"ruby", "{*.{rb,rbw,gemspec,erb},Gemfile,Rakefile,config.ru,.irbrc}"},
    FileType{"rust", "*.rs"},
    FileType{"sass", "*.{sass,scss}"},
    FileType{"scala", "*.{scala,sbt}"},
    FileType{"sh", "{*.{sh,bash,bashrc,csh,cshrc,ksh,kshrc,tcsh,zsh},.bashrc,.bash_profile,.profile,.zshrc}"},
    FileType{"sql", "*.{sql,psql}"},
    FileType{"svelte", "*.svelte"},
    FileType{"swift", "*.swift"},
    FileType{"systemd", "*.{automount,conf,device,link,mount,path,scope,service,slice,socket,swap,target,timer}"},
    FileType{"tcl", "*.tcl"},
    FileType{"tex", "*.{tex,ltx,cls,sty,bib,dtx,ins}"},
    FileType{"tf", "*.{tf,tfvars,tf.json}"},
    FileType{"toml", "{*.toml,Cargo.lock}"},
    FileType{"ts", "*.{ts,tsx,cts,mts}"},
    FileType{"txt", "*.txt"},
    FileType{"verilog", "*.{v,vh,sv,svh}"},
    FileType{"vhdl", "*.{vhd,vhdl}"},
    FileType{"vim", "{*.vim,.vimrc,.gvimrc,vimrc,gvimrc}"},
    FileType{"vue", "*.vue"},
    FileType{"xml", "*.{xml,xml.dist,dtd,xsl,xslt,xsd,xjb,rng,sch,xhtml,svg}"},
    FileType{"yaml", "*.{yaml,yml}"},
    FileType{"zig", "*.zig"},
    FileType{"zsh", "{*.zsh,.zshenv,.zlogin,.zlogout,.zprofile,.zshrc}"},
};
static_assert(std::ranges::adjacent_find(types, std::ranges::greater_equal{}, &FileType::name) == types.end());

}  // namespace

std::span<const FileType> file_types() {
  return types;
}

const FileType* file_type_named(std::string_view name) {
  const auto found = std::ranges::find(types, name, &FileType::name);
  return found == types.end() ? nullptr : &*found;
}

std::vector<std::string> file_type_names() {
  std::vector<std::string> out;
  for (const auto& type : types) out.emplace_back(type.name);
  return out;
}

}  // namespace errand::tool
