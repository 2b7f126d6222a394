import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import { startAppearance } from './design/appearance'
import './design/tokens.css'
import './design/base.css'
import './design/element.css'
import { i18n } from './i18n'
import { router } from './router'

startAppearance()
document.documentElement.lang = i18n.global.locale.value
createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
